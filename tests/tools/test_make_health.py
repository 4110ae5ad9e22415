import runpy
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "configs" / "health.csv"


def test_the_shipped_table_is_what_the_tool_makes(tmp_path):
    tool = runpy.run_path(str(ROOT / "tools" / "make_health.py"))
    made = tool["make_table"]()
    made.to_csv(tmp_path / "made.csv", index=False, lineterminator="\n")
    assert (tmp_path / "made.csv").read_bytes() == SHIPPED.read_bytes()


def test_the_people_could_exist():
    table = pd.read_csv(SHIPPED)
    assert not table.isna().any(axis=None)
    assert table["bmi"].between(14, 60).all()
    assert table["life_expectancy"].between(30, 100).all()
    assert table["height_cm"].between(130, 215).all()
    assert set(table["smoker"]) == {"yes", "no"}
