"""The JSON Schema of a config, for editors."""

from typing import Any

from actbench.config.schema import BenchConfig


def json_schema() -> dict[str, Any]:
    """The JSON Schema of what a user may write, shorthand included."""
    schema = _without_titles(BenchConfig.model_json_schema(mode="validation"))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "actbench config", **schema}


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Pydantic titles every key with the key itself, which is noise in an editor."""
    nested = {key: _without_titles(value) for key, value in schema.items() if isinstance(value, dict)}
    return {key: value for key, value in (schema | nested).items() if key != "title"}
