"""The key `timing`: which engine runs a training, and how often its steps and its inference are timed."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic_core import InitErrorDetails

from actbench.config.schema.fields import ChoiceField, IntegerField, NumberField
from actbench.config.schema.lists import ListField
from actbench.config.schema.section import Section, mistake

_MILLION = 1_000_000

# Keras evaluates between the slices of an epoch, and calls predict for each timed call: both are slow.
_KERAS_DEFAULTS = {"slices_per_epoch": 1, "inference_rounds": 10}

_DEFAULT_BUDGET_S = 120.0


class TimingConfig(Section):
    """The engine of a training, and how the training is timed."""

    engine: Annotated[Literal["compiled", "keras"], ChoiceField("engine", ("compiled", "keras"))] = "compiled"
    """compiled: each slice of steps is one XLA program; keras: stock fit, evaluate and predict"""
    slices_per_epoch: Annotated[int, IntegerField(1, _MILLION)] = 4
    """timed parts of an epoch, after each of which the activations take turns; 1 by default with keras"""
    inference_batch_sizes: Annotated[
        tuple[Annotated[int, IntegerField(1, _MILLION)], ...],
        ListField("[1, 128, 1024]", may_be_empty=True, distinct=True),
    ] = (1, 128, 1024)
    """examples per timed inference call; [] for no inference timing"""
    inference_rounds: Annotated[int, IntegerField(1, _MILLION)] = 50
    """timed inference calls for each batch size; 10 by default with keras"""
    target_ci: Annotated[float, NumberField(above=0, below=1.0)] | None = None
    """half-width of every time ratio's interval, relative, at which timing may stop: after the training
    there are timing-only rounds until it is expected to be reached, or the budget is spent; null for none"""
    budget_s: Annotated[float, NumberField(above=0)] | None = None
    """seconds that these rounds may take in the whole run, shared equally by its blocks; what one leaves
    goes to the next of its setting; 120 by default"""

    @classmethod
    def expand_shorthand(cls, raw: object) -> object:
        """Return the mapping with the defaults that depend on other keys."""
        if not isinstance(raw, Mapping):
            return raw
        defaults = _KERAS_DEFAULTS if raw.get("engine") == "keras" else {}
        written = {**defaults, **raw}
        if raw.get("target_ci") is not None and raw.get("budget_s") is None:
            written["budget_s"] = _DEFAULT_BUDGET_S
        return written

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """Yield a mistake for a budget without a target: there are no rounds to limit."""
        if raw.get("budget_s") is not None and raw.get("target_ci") is None:
            yield mistake(
                "has no effect without a target; add one, such as target_ci: 0.01",
                "budget_s",
            )
