import re
from typing import Any

from actbench.report import build
from tests.factories import SyntheticRun, make_block, make_cell, make_info, make_run


def shown(run: SyntheticRun, form: str = "terminal", **options: Any) -> str:
    return build.render(build.build(run.info, run.records), form, **options)


def reaching(*epochs: tuple[int | None, int | None]) -> SyntheticRun:
    """relu and tanh with the epoch of three in which each reached the target, seed by seed."""

    def validation(epoch: int | None) -> list[float]:
        return [0.9 if epoch is not None and seen >= epoch else 0.5 for seen in (1, 2, 3)]

    labels = ("relu", "tanh")
    blocks = [
        make_block(
            [
                make_cell(label, slice_s=[0.1] * 6, validation_accuracy=validation(epoch))
                for label, epoch in zip(labels, pair, strict=True)
            ],
            seed=seed,
        )
        for seed, pair in enumerate(epochs)
    ]
    info = make_info(labels, placebo=None, seeds=len(epochs), config={"verdict": {"target_accuracy": 0.8}})
    return SyntheticRun(info, blocks)


def test_a_target_says_who_reached_it_and_over_how_many_pairs_the_verdict_is() -> None:
    text = shown(reaching((1, 2), (2, None), (1, 3), (None, 3), (3, 3)), "markdown", table="metrics")
    assert len(re.findall(r"^\| relu \| .* \| 4/5 \|$", text, re.MULTILINE)) == 2
    assert len(re.findall(r"^\| tanh \| .* \| 4/5 \|$", text, re.MULTILINE)) == 2
    assert text.count("tanh: differences and ratios over 3 pairs") == 2
    assert "The difference is over the seeds in which both reached the target" in text


def test_a_training_that_diverged_has_not_reached_the_target() -> None:
    run = reaching((1, 2), (2, 3))
    diverged = make_block([make_cell("relu", accuracy=None), make_cell("tanh", accuracy=None)], seed=2)
    text = shown(SyntheticRun(run.info, [*run.records, diverged]), "markdown", table="metrics")
    assert len(re.findall(r"^\| tanh \| .* \| 2/3 \|$", text, re.MULTILINE)) == 2


def test_metrics_say_over_how_many_pairs_they_are_judged() -> None:
    run = make_run(("relu", "tanh"), seeds=4, diverges=lambda label, seed: (label, seed) == ("relu", 0))
    text = shown(run, "markdown", table="metrics")
    assert text.count("tanh: differences and ratios over 3 pairs") == 2
    assert text.count("relu: diverged 1 of 4") == 2


def test_without_a_target_nothing_is_said_about_one() -> None:
    assert "reached" not in shown(make_run(), table="metrics")
