import re
from typing import Any

from actbench.report import build
from tests.factories import SyntheticRun, make_run


def shown(run: SyntheticRun, form: str = "terminal", **options: Any) -> str:
    return build.render(build.build(run.info, run.records), form, **options)


def test_the_front_says_who_is_left_out_and_over_how_many_seeds() -> None:
    run = make_run(diverges=lambda label, seed: label == "selu" and seed < 2)
    text = shown(run, "markdown", table="pareto")
    assert re.search(r"\| selu \|.*\| - \|  \| 4 \|", text)
    assert "selu: diverged 2 of 6" in text
    assert "an activation that diverged in any block is left out" in text
    assert "With few blocks" in text
