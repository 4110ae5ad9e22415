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
    """When and on how many examples to look inside; `false` for never, a list alone for its epochs."""

    shorthand: ClassVar[str] = "false, a list of epochs such as [0, last], or "

    epochs: Annotated[
        tuple[Annotated[int | Literal["last"], EpochField(_MILLION)], ...],
        ListField("[0, last]", may_be_empty=True, distinct=True),
    ] = ("last",)
    """after how many epochs: 0 is before training, last is after it; last alone by default"""
    examples: Annotated[int, IntegerField(1, _MILLION)] = 1000
    """how many training examples to look at; all where there are fewer"""

    @classmethod
    def expand_shorthand(cls, raw: object) -> object:
        """The mapping that `false` or a list stands for."""
        if raw is False:
            return {"epochs": []}
        return {"epochs": raw} if isinstance(raw, list | tuple) else raw

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic's hook: the mapping, or what is short for one."""
        mapping = handler(schema)
        epochs = handler.resolve_ref_schema(mapping)["properties"]["epochs"]
        short = {key: value for key, value in epochs.items() if key not in ("default", "description")}
        return {"anyOf": [{"const": False}, short, mapping]}


def check_probe_epochs(raw: Mapping[str, object], epochs: object) -> Iterator[InitErrorDetails]:
    """Epochs to look after that are never trained.

    Args:
        raw: The whole config, not yet valid.
        epochs: How many are trained, if it is a number.
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
