import re
from typing import Any

from actbench.report import build
from tests.factories import SyntheticRun, make_run


def shown(run: SyntheticRun, form: str = "terminal", **options: Any) -> str:
    return build.render(build.build(run.info, run.records), form, **options)


def test_inference_says_how_many_seeds_would_decide() -> None:
    run = make_run()
    rows = build.build(run.info, run.records).estimates.settings[0].rows
    needed = [entry.time_ratio.seeds_needed for row in rows for entry in row.inference if entry.time_ratio]
    assert sum(map(bool, needed)) > 5
    shown_seeds = re.findall(r"INCONCLUSIVE ~[0-9.]+k? ", shown(run, table="inference"))
    assert len(shown_seeds) == sum(map(bool, needed))
