import json

from actbench.config.schema.bench import json_schema
from tests.commands import ROOT, actbench


def test_it_prints_what_the_shipped_file_holds():
    done = actbench("schema")
    assert done.returncode == 0
    assert done.stdout == (ROOT / "configs" / "schema.json").read_text()
    assert json.loads(done.stdout) == json_schema()
