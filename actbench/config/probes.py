"""How a config says when to look inside the networks."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema, InitErrorDetails

from actbench.config.fields import EpochOrLast, Whole
from actbench.config.lists import ListOf
from actbench.config.mistakes import mistake, show
from actbench.config.section import Section

_MILLION = 1_000_000


class ProbesConfig(Section):
    """When and on how many examples to look inside; `false` for never, a list alone for its epochs."""

    shorthand: ClassVar[str] = "false, a list of epochs such as [0, last], or "

    epochs: Annotated[
        tuple[Annotated[int | Literal["last"], EpochOrLast(_MILLION)], ...],
        ListOf("[0, last]", may_be_empty=True, distinct=True),
    ] = ("last",)
    """after how many epochs: 0 is before training, last is after it; last alone by default"""
    examples: Annotated[int, Whole(1, _MILLION)] = 1000
    """how many training examples to look at; all where there are fewer"""

    @classmethod
    def written_out(cls, raw: object) -> object:
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


def probes_beyond(raw: Mapping[str, object], epochs: object) -> Iterator[InitErrorDetails]:
    """Epochs to look after that are never trained.

    Args:
        raw: The whole config, not yet valid.
        epochs: How many are trained, if it is a number.
    """
    probes = raw.get("probes")
    if isinstance(probes, ProbesConfig):
        listed: object = probes.epochs
    else:
        written = ProbesConfig.written_out(probes)
        listed = written.get("epochs") if isinstance(written, Mapping) else None
    if not isinstance(listed, list | tuple) or not isinstance(epochs, int):
        return
    place = ("probes",) if isinstance(probes, list | tuple) else ("probes", "epochs")
    for index, epoch in enumerate(listed):
        if isinstance(epoch, int) and epoch > epochs:
            yield mistake(
                f"{show(epoch)} is beyond the training; allowed: 0 to {epochs}, or last", *place, index
            )
