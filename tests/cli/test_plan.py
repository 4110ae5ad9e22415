import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from actbench.cli._app import main
from actbench.execution.protocol import Finished
from actbench.workflows.run import run_benchmark
from tests.fake_worker import record_of

MNIST, SMOKE = "configs/mnist.yaml", "configs/smoke.yaml"


@pytest.fixture
def plan(tmp_path):
    def invoke(*arguments):
        return CliRunner().invoke(main, ["plan", *arguments, "--out", str(tmp_path)])

    return invoke


@pytest.fixture
def text(plan, tmp_path):
    def printed(*arguments):
        result = plan(*arguments)
        assert (result.exit_code, result.stderr) == (0, "")
        return re.sub(r"\b[0-9a-f]{12}\b", "RUN_ID", result.stdout.replace(str(tmp_path), "OUT"))

    return printed


@pytest.fixture
def figures(plan):
    def parsed(*arguments):
        result = plan(*arguments, "--format", "json")
        assert (result.exit_code, result.stderr) == (0, "")
        return json.loads(result.stdout)

    return parsed


@pytest.mark.parametrize(
    "arguments",
    [
        (MNIST,),
        (SMOKE,),
        (SMOKE, "--set", "seeds=1"),
        (SMOKE, "--set", "activations=[relu]"),
        (MNIST, "--set", "seeds=40", "--set", "timing.target_ci=0.01", "--set", "timing.budget_s=90"),
        (MNIST, "--sd", "0.002%"),
    ],
    ids=["mnist", "smoke", "one seed", "one activation", "budget", "tiny spread"],
)
def test_what_is_printed(text, arguments, snapshot):
    assert text(*arguments) == snapshot


def test_the_budget_of_timing_only_rounds_is_told_once_beside_the_time(figures):
    plain = figures(MNIST)
    timed = figures(MNIST, "--set", "timing.target_ci=0.01", "--set", "timing.budget_s=90")
    assert timed["extra_budget_s"] == pytest.approx(90)
    assert timed["time_s"] == plain["time_s"]


def test_the_time_has_a_range_and_says_where_it_comes_from(figures, text):
    found = figures(SMOKE)
    [setting] = found["settings"]
    keys = ("time_s", "time_lower_s", "time_upper_s", "time_source")
    assert [setting[key] for key in keys] == [found[key] for key in keys]
    assert found["time_lower_s"] < found["time_s"] < found["time_upper_s"]
    assert found["time_source"] == "the reference run of another machine"
    assert text(SMOKE).count(", from the reference run of another machine\n") == 1


def test_a_run_of_this_machine_is_what_the_time_comes_from(figures, tmp_path):
    done = run_benchmark(Path(SMOKE), tmp_path, overrides=["seeds=3"], execute=measured)
    source = f"smoke/{done.info.run_id} on this machine"
    assert figures(SMOKE, "--set", "seeds=4")["time_source"] == source
    assert figures(SMOKE, "--set", "timing.engine=keras")["time_source"].startswith("the reference")
    finished = figures(SMOKE, "--set", "seeds=3")
    assert (finished["time_s"], finished["time_upper_s"], finished["time_source"]) == (0, 0, None)


def test_nothing_is_written(text, tmp_path):
    text(SMOKE)
    assert list(tmp_path.iterdir()) == []


def warning(printed):
    return [line for line in printed.splitlines() if line.startswith("warning: ")]


@pytest.mark.parametrize(("seeds", "enough"), [(6, False), (7, True)])
def test_a_design_that_can_decide_nothing_gets_a_warning_with_the_seeds_that_could(text, seeds, enough):
    # 0.05 / 2 comparisons = 1/40 lies between 2/2**6 = 1/32 and 2/2**7 = 1/64.
    found = warning(text(SMOKE, "--set", f"seeds={seeds}"))
    assert len(found) == (0 if enough else 1)
    assert enough or found[0].endswith("it takes at least 7 seeds")


def seeds(printed):
    return re.search("^seeds needed +(.*)$", printed, flags=re.MULTILINE)[1]


def test_an_alpha_that_no_seeds_reach_is_said_in_the_figures_and_in_the_warning(text):
    printed = text(SMOKE, "--set", "verdict.alpha=0.0000001")
    assert warning(printed)[0].endswith("no number of seeds would do")
    assert seeds(printed) == (
        "no number to decide any comparison; with 80 % power, "
        "no number to detect a difference of 0.10 points, "
        "40 to show EQUIVALENT"
    )


def test_more_seeds_than_anyone_has_are_not_no_number(text):
    assert seeds(text(SMOKE, "--sd", "20%")) == (
        "7 to decide any comparison; with 80 % power, over 10,000 to detect a difference of 0.10 points, "
        "over 10,000 to show EQUIVALENT"
    )


def test_the_placebo_is_not_a_comparison(figures):
    assert figures(SMOKE)["accuracy"]["comparisons"] == 2
    assert figures(SMOKE, "--set", "placebo=false")["accuracy"]["comparisons"] == 2


def test_json_is_one_object_with_the_figures_in_fractions(figures):
    found = figures(MNIST, "--sd", "0.0016")
    assert found["run"]["name"] == "mnist"
    assert (found["trainings"], found["blocks"], found["pending_blocks"]) == (140, 10, 10)
    assert found["extra_budget_s"] == 0.0
    accuracy = found["accuracy"]
    assert accuracy["smallest_p"] == 2 / 2**10
    assert accuracy["alpha_first_step"] == pytest.approx(0.05 / 12)
    assert (accuracy["decidable"], accuracy["seeds_to_decide"]) == (True, 9)
    assert (accuracy["sd"], accuracy["sd_source"], accuracy["power"]) == (0.0016, "given", 0.8)
    assert accuracy["half_width"] == pytest.approx(2.262 * 0.0016 / 10**0.5, rel=1e-3)
    assert found["warnings"] == []


def test_the_config_sets_margin_and_alpha(figures):
    found = figures(SMOKE, "--set", "verdict.margin=0.02", "--set", "verdict.alpha=0.01")["accuracy"]
    assert (found["margin"], found["alpha"], found["alpha_first_step"]) == (0.02, 0.01, 0.005)


@pytest.mark.parametrize("spread", ["0.16%", " 0.16 % ", "0.0016", "1.6e-3"])
def test_a_spread_is_a_fraction_or_points_with_a_percent_sign(figures, spread):
    assert figures(SMOKE, "--sd", spread)["accuracy"]["sd"] == pytest.approx(0.0016)


@pytest.mark.parametrize("spread", ["", "much", "0", "-0.1%", "16", "100%", "nan", "inf", "1%2"])
def test_what_is_no_spread_is_refused(plan, spread):
    result = plan(SMOKE, "--sd", spread)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is not a standard deviation of scores; write it as 0.16% or 0.0016" in result.stderr


def measured(blocks):
    """Of three seeds tanh gains a point each over relu, gelu three: spreads of 1 and 3 points."""
    for block in blocks:
        record = record_of(block)
        gains = {"tanh": 0.01, "gelu": 0.03}
        cells = tuple(
            cell.model_copy(update={"test_score": 0.5 + gains.get(cell.activation, 0.0) * block.seed})
            for cell in record.cells
        )
        yield Finished(record=record.model_copy(update={"cells": cells}))


def test_a_finished_run_of_the_plan_gives_its_own_spread(figures, tmp_path):
    done = run_benchmark(Path(SMOKE), tmp_path, overrides=["seeds=3"], execute=measured)
    found = figures(SMOKE, "--set", "seeds=3")
    assert (found["run"]["path"], found["pending_blocks"]) == (str(done.path), 0)
    assert found["accuracy"]["sd_source"] == "observed in the finished run of this plan"
    assert found["accuracy"]["sd"] == pytest.approx(0.02)
    assert figures(SMOKE, "--set", "seeds=4")["accuracy"]["sd_source"].startswith("typical")
    assert figures(SMOKE, "--set", "seeds=3", "--sd", "1%")["accuracy"]["sd"] == 0.01


def test_an_unfinished_run_of_the_plan_leaves_the_typical_spread(figures, tmp_path):
    done = run_benchmark(Path(SMOKE), tmp_path, overrides=["seeds=3"], execute=measured)
    ledger = done.path / "ledger.jsonl"
    ledger.write_text("".join(ledger.read_text().splitlines(keepends=True)[:-1]))
    found = figures(SMOKE, "--set", "seeds=3")
    assert found["pending_blocks"] == 1
    assert found["accuracy"]["sd_source"].startswith("typical")


def test_a_wrong_config_is_told_with_exit_code_2(plan):
    result = plan(SMOKE, "--set", "seeds=0")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "seeds" in result.stderr


@pytest.mark.parametrize(
    "options", [(), ("--set", "seeds=7"), ("--set", "activations=[relu]"), ("--sd", "0.3%")]
)
def test_a_dry_run_prints_exactly_the_plan(plan, tmp_path, options):
    dry = CliRunner().invoke(main, ["run", SMOKE, "--dry-run", "--out", str(tmp_path), *options])
    assert dry.stdout == plan(SMOKE, *options).stdout
    assert re.search(r"^trainings +\d+$", dry.stdout, flags=re.MULTILINE)
