import json
from pathlib import Path

from actbench.config.schema.bench import json_schema

CONFIGS = Path(__file__).parents[3] / "configs"


def test_the_shipped_json_schema_is_current():
    assert json.loads((CONFIGS / "schema.json").read_text()) == json_schema(), (
        "write it anew: actbench schema > configs/schema.json"
    )


def test_the_json_schema_knows_what_may_be_written():
    schema = json_schema()
    name, mapping = schema["$defs"]["ActivationConfig"]["anyOf"]
    assert "swish" in name["enum"]
    assert [way["required"] for way in mapping["oneOf"]] == [["name"], ["import"], ["expr"]]
    count, listed = schema["properties"]["seeds"]["anyOf"]
    assert (count["type"], listed["type"]) == ("integer", "array")
    assert schema["properties"]["train"]["description"]
    assert "timing" not in schema["required"]
