"""The keys `timing`, `probes` and `verdict`: how to time and to probe, and which differences count."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema, InitErrorDetails

from actbench.config.schema.fields import ChoiceField, EpochField, IntegerField, NumberField
from actbench.config.schema.section import ListField, Section, describe_value, mistake

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
    """relative half-width of the time ratios' intervals to aim at: timing-only rounds follow the training
    until all intervals are expected to be that narrow, or the budget is spent; null for no such rounds"""
    budget_s: Annotated[float, NumberField(above=0)] | None = None
    """seconds that timing-only rounds may take in the whole run; each block has an equal share, and what a
    block leaves goes to the next block of its setting; 120 by default"""

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


class ProbesConfig(Section):
    """The epochs and the examples of the probes; `false` stands for no epoch, a list for its epochs."""

    shorthand: ClassVar[str] = "false, a list of epochs such as [0, last], or "

    epochs: Annotated[
        tuple[Annotated[int | Literal["last"], EpochField(_MILLION)], ...],
        ListField("[0, last]", may_be_empty=True, distinct=True),
    ] = ("last",)
    """the epochs after which to probe: 0 is before the training, last is after it; [last] by default"""
    examples: Annotated[int, IntegerField(1, _MILLION)] = 1000
    """the number of training examples to probe with; all of them if there are fewer"""

    @classmethod
    def expand_shorthand(cls, raw: object) -> object:
        """Return the mapping that `false` or a list stands for."""
        if raw is False:
            return {"epochs": []}
        return {"epochs": raw} if isinstance(raw, list | tuple) else raw

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema of the mapping and of its short forms (pydantic's hook)."""
        mapping = handler(schema)
        epochs = handler.resolve_ref_schema(mapping)["properties"]["epochs"]
        short = {key: value for key, value in epochs.items() if key not in ("default", "description")}
        return {"anyOf": [{"const": False}, short, mapping]}


class VerdictConfig(Section):
    """The margins and the level at which a difference counts."""

    margin: Annotated[float, NumberField(above=0, below=1.0)] = 0.001
    """largest difference of accuracy that does not count, as a fraction: 0.001 is 0.1 points"""
    time_margin: Annotated[float, NumberField(above=0, below=1.0)] = 0.01
    """largest relative difference of time that does not count: 0.01 is 1 %"""
    loss_margin: Annotated[float, NumberField(above=0)] = 0.005
    """largest difference of loss that does not count, in nats"""
    alpha: Annotated[float, NumberField(above=0, at_most=0.05)] = 0.05
    """largest adjusted p at which a difference is believed; at most 0.05, because the intervals are 95 %"""
    target_accuracy: Annotated[float, NumberField(above=0, below=1.0)] | None = None
    """validation accuracy, a fraction: the report shows the epochs and seconds to reach it; null for no such
    figures"""


def check_probe_epochs(raw: Mapping[str, object], epochs: object) -> Iterator[InitErrorDetails]:
    """Yield the probed epochs that come after the end of the training.

    Args:
        raw: The whole config, which may not be valid.
        epochs: The value of `train.epochs`, which may not be a number.
    """
    probes = raw.get("probes")
    if isinstance(probes, ProbesConfig):
        listed: object = probes.epochs
    else:
        written = ProbesConfig.expand_shorthand(probes)
        listed = written.get("epochs") if isinstance(written, Mapping) else None
    if not isinstance(listed, list | tuple) or not isinstance(epochs, int):
        return
    place = ("probes",) if isinstance(probes, list | tuple) else ("probes", "epochs")
    for index, epoch in enumerate(listed):
        if isinstance(epoch, int) and epoch > epochs:
            yield mistake(
                f"{describe_value(epoch)} is after the last epoch; allowed: 0 to {epochs}, or last",
                *place,
                index,
            )
