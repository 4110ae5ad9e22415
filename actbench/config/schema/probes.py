"""The key `probes`: after which epochs the networks are looked into, and on how many examples."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema, InitErrorDetails

from actbench.config.schema.fields import EpochField, IntegerField
from actbench.config.schema.lists import ListField
from actbench.config.schema.section import Section, describe_value, mistake

_MILLION = 1_000_000


class ProbesConfig(Section):
    """When and on how many examples networks are probed; `false` stands for never, a list for its epochs."""

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


def check_probe_epochs(raw: Mapping[str, object], epochs: object) -> Iterator[InitErrorDetails]:
    """Yield the probed epochs that come after the end of the training.

    Args:
        raw: The whole config, not yet valid.
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
