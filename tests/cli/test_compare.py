import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actbench.analysis.comparison.gate import GATED_KINDS, Gate, check_all
from actbench.cli import compare as module
from actbench.cli._app import main
from actbench.cli.compare import compare
from actbench.report.compare.formats import CHANGES_FORMATS, render_changes
from tests.analysis.comparison.two_runs import compared, small_run, with_timing, with_training
from tests.factories import SyntheticRun, make_environment, make_failed_block
from tests.stored import store

OLD = small_run()
SLOWER = small_run(slowdown={"tanh": 1.5})
WORSE = small_run(accuracy=lambda _, seed: 0.85 + 0.0011 * seed)
BORDERLINE = small_run(slowdown={"tanh": 1.05})
ELSEWHERE = small_run(environment=make_environment(cores=4))
OTHER_ENGINE = with_timing(small_run(), "22222222", engine="keras")
NO_RELATION = with_training(small_run(), "22222222", epochs=9)


def invoke(root: Path, new: SyntheticRun, *arguments: object, old: SyntheticRun = OLD) -> Result:
    """Stores both runs and compares them."""
    paths = [str(store(root / name, run)) for name, run in (("old", old), ("new", new))]
    return CliRunner().invoke(main, ["compare", *paths, *map(str, arguments)])


@pytest.mark.parametrize(
    ("new", "arguments", "code"),
    [
        (OLD, (), 0),
        (OLD, ("--fail-on", "accuracy,time", "--strict"), 0),
        (SLOWER, (), 0),
        (SLOWER, ("--fail-on", "time"), 1),
        (SLOWER, ("--fail-on", "time", "--max-slowdown", "60%"), 0),
        (WORSE, ("--fail-on", "accuracy"), 1),
        (WORSE, ("--fail-on", "accuracy", "--max-drop", "10%"), 0),
        (BORDERLINE, ("--fail-on", "time"), 0),
        (BORDERLINE, ("--fail-on", "time", "--strict"), 3),
        (ELSEWHERE, (), 4),
        (ELSEWHERE, ("--fail-on", "time"), 4),
        (ELSEWHERE, ("--fail-on", "accuracy"), 0),
        (ELSEWHERE, ("--accept-environment",), 0),
        (ELSEWHERE, ("--accept-environment", "--fail-on", "accuracy,time", "--strict"), 0),
        (OTHER_ENGINE, (), 4),
        (OTHER_ENGINE, ("--fail-on", "accuracy"), 0),
        (OTHER_ENGINE, ("--accept-environment", "--fail-on", "time"), 0),
        (NO_RELATION, (), 5),
    ],
)
def test_exit_codes(tmp_path: Path, new: SyntheticRun, arguments: tuple[str, ...], code: int) -> None:
    result = invoke(tmp_path, new, *arguments)
    assert result.exit_code == code, result.stderr
    assert result.stdout.startswith("mnist 0123456789ab compared with mnist 0123456789ab\n")
    assert "Traceback" not in result.stderr
    assert (code == 0) or result.stderr


def test_a_broken_limit_is_told_on_standard_error(tmp_path: Path) -> None:
    result = invoke(tmp_path, SLOWER, "--fail-on", "time")
    assert result.stderr.startswith("Error: NEW is beyond 1 limit:\n  tanh: training step 1.500 [")


def test_another_machine_is_told_on_standard_error_and_its_times_are_not_shown(tmp_path: Path) -> None:
    result = invoke(tmp_path, ELSEWHERE)
    assert "times of different machines are not compared: cores 2 and 4" in result.stderr
    assert "identical bit for bit" in result.stdout
    assert "NEW/OLD" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "treatment"),
    [
        (("--fail-on", "accuracy"), "their times are not compared"),
        (("--accept-environment",), "their times are compared nevertheless"),
    ],
)
def test_another_machine_is_told_where_it_is_no_error(
    tmp_path: Path, arguments: tuple[str, ...], treatment: str
) -> None:
    stderr = invoke(tmp_path, ELSEWHERE, *arguments).stderr
    assert stderr == f"the machines differ, {treatment}: cores 2 and 4\n"


@pytest.mark.parametrize("form", CHANGES_FORMATS.names)
def test_every_format(tmp_path: Path, form: str) -> None:
    changes, gate = compared(OLD, SLOWER), Gate(("time",))
    expected = render_changes(changes, gate, check_all(changes, gate), form)  # type: ignore[arg-type]
    assert invoke(tmp_path, SLOWER, "--fail-on", "time", "--format", form).stdout == expected


def test_the_command_offers_what_there_is() -> None:
    choices = {parameter.name: parameter.type for parameter in compare.params}
    assert tuple(choices["form"].choices) == CHANGES_FORMATS.names  # type: ignore[attr-defined]
    assert module._KINDS == GATED_KINDS


@pytest.mark.parametrize(("new", "code"), [(OLD, 0), (SLOWER, 1)])
def test_output_is_written_whatever_the_gate_says(tmp_path: Path, new: SyntheticRun, code: int) -> None:
    target = tmp_path / "comment.md"
    result = invoke(tmp_path, new, "--fail-on", "time", "--format", "markdown", "--output", target)
    assert (result.exit_code, result.stdout) == (code, "")
    assert target.read_text().startswith("# mnist")


def test_runs_are_found_by_name_and_id(tmp_path: Path) -> None:
    store(tmp_path, OLD)
    other = SLOWER.info.model_copy(update={"run_id": "fedcba987654", "name": "again"})
    store(tmp_path, SyntheticRun(other, SLOWER.records))
    result = CliRunner().invoke(
        main, ["compare", "0123", "again", "--out", str(tmp_path), "--format", "json"]
    )
    value = json.loads(result.stdout)
    assert (value["old"]["run_id"], value["new"]["run_id"]) == ("0123456789ab", "fedcba987654")


def test_an_unfinished_run_is_told_on_standard_error(tmp_path: Path) -> None:
    run = small_run(seeds=range(5))
    info = run.info.model_copy(update={"blocks": OLD.info.blocks})
    result = invoke(tmp_path, SyntheticRun(info, [*run.records, make_failed_block(seed=5)]))
    assert result.exit_code == 0
    assert "5 of 6 blocks are measured, 1 failed" in result.stderr
    told = " ".join(result.stdout.split())
    assert "seed 5 of setting 11111111: in OLD only; differences paired by seed" in told


def test_nothing_measured(tmp_path: Path) -> None:
    result = invoke(tmp_path, SyntheticRun(OLD.info, []))
    assert (result.exit_code, result.stdout) == (5, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--fail-on", "speed"), "'speed' cannot be judged; allowed: accuracy, time"),
        (("--fail-on", "time", "--max-slowdown", "5"), "'5' would be 500 %"),
        (("--max-slowdown", "5%"), "--max-slowdown does nothing without --fail-on time"),
        (("--fail-on", "time", "--max-drop", "1%"), "--max-drop does nothing without --fail-on accuracy"),
        (("--strict",), "--strict does nothing without --fail-on accuracy or time"),
        (("--format", "html"), "'html' is not one of"),
    ],
)
def test_mistakes(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    result = invoke(tmp_path, OLD, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


def test_several_options_that_do_nothing_are_told_together(tmp_path: Path) -> None:
    stderr = invoke(tmp_path, OLD, "--strict", "--max-drop", "1%").stderr
    assert "--strict does nothing" in stderr
    assert "--max-drop does nothing" in stderr


@pytest.mark.parametrize(("old", "new", "which"), [("", "x", "OLD"), ("x", "", "NEW")])
def test_an_empty_name_is_not_the_current_folder(old: str, new: str, which: str) -> None:
    result = CliRunner().invoke(main, ["compare", old, new])
    assert result.exit_code == 2
    assert f"Invalid value for {which}: it is empty" in result.stderr


def test_no_such_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["compare", "nowhere", "else", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "'nowhere' is no run folder" in result.stderr


def test_comparing_loads_no_tensorflow(tmp_path: Path) -> None:
    path = store(tmp_path, OLD)
    code = (
        "import sys; from actbench.cli._app import main; main(sys.argv[1:], standalone_mode=False);"
        "print(sorted({'tensorflow', 'keras', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "compare", str(path), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
