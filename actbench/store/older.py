"""What older versions of actbench wrote, in the shape of today's records."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

# Up to schema version 3 a single target of classes was all that there was.
_SCORES = {
    "train_accuracy": "train_score",
    "validation_accuracy": "validation_score",
    "test_accuracy": "test_score",
}


def modernised(content: bytes) -> bytes:
    """The JSON of a record in today's shape; the same where that is not its trouble.

    Args:
        content: JSON of an older record; its `schema_version` stays what it is.
    """
    value = from_json(content)
    cells = value.get("cells")
    if not isinstance(cells, list) or not any(_is_old(cell) for cell in cells):
        return content
    return json.dumps({**value, "cells": [_cell(cell) for cell in cells]}).encode()


def _is_old(cell: Any) -> bool:
    return isinstance(cell, Mapping) and not _SCORES.keys().isdisjoint(cell)


def _cell(cell: Any) -> Any:
    if not _is_old(cell):
        return cell
    accuracy = cell.get("test_accuracy")
    metrics = {} if accuracy is None else {"accuracy": accuracy}
    return {**{_SCORES.get(name, name): value for name, value in cell.items()}, "test_metrics": metrics}
