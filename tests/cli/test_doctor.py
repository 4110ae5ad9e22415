import dataclasses
import json
from functools import partial

import pytest
from click.testing import CliRunner

from actbench.analysis.design import PlaceboMeasurement
from actbench.cli._app import main
from actbench.execution.machine import BusyProcess
from actbench.report.doctor import DoctorReport
from actbench.stats.intervals import Interval
from actbench.workflows import doctor
from actbench.workflows.doctor import advise
from tests.commands import actbench
from tests.factories import make_environment
from tests.machines import (
    QUIET_MACHINE,
    QUIET_TREE,
    UNKNOWN_MACHINE,
    failing,
    make_sample,
    noisy,
    sampler,
    timing,
    without_worker,
    write,
)


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    """Runs `actbench doctor` on a machine of the test's making."""

    def run(*arguments, execute=timing(noisy(0.01)), samples=()):  # noqa: B008 - only read
        root = write(tmp_path, QUIET_TREE)
        examine = partial(doctor.examine, root=root, sample=sampler(*samples), execute=execute)
        monkeypatch.setattr(doctor, "examine", examine)
        return CliRunner().invoke(main, ["doctor", *arguments])

    return run


KNOWN = dataclasses.replace(
    QUIET_MACHINE,
    cores_quota=1.5,
    steal=0.031,
    memory_limit_bytes=4 * 2**30,
    busy_processes=(BusyProcess(17, "make", 0.95),),
)
MEASURED = PlaceboMeasurement("compiled", 104, 0.0482, Interval(1.0021, 0.9953, 1.0089), 0.0068, 0.0023)


@pytest.mark.parametrize("machine", [KNOWN, UNKNOWN_MACHINE], ids=["known", "unknown"])
def test_what_is_told_on_the_terminal(monkeypatch, snapshot, machine):
    environment = make_environment(build={"cuda": "none"}, variables={"OMP_NUM_THREADS": "2"})
    advice = advise(environment, machine, MEASURED, None)
    found = DoctorReport(environment, machine, MEASURED, xla=True, problem=None, advice=advice)
    monkeypatch.setattr(doctor, "examine", lambda _: found)
    result = CliRunner().invoke(main, ["doctor", "--seconds", "5"])
    assert result.exit_code == 0
    assert result.stdout == snapshot
    assert result.stderr == "timing a placebo for 5 s, after TensorFlow has started\n"


def test_json_has_the_documented_names(invoke):
    result = invoke("--format", "json", "--seconds", "3")
    value = json.loads(result.stdout)
    assert set(value) == {"environment", "machine", "measurement", "xla", "problem", "advice"}
    assert set(value["measurement"]) == {
        "engine",
        "rounds",
        "slice_s",
        "ratio",
        "smallest_difference",
        "smallest_difference_10_seeds",
    }
    assert set(value["measurement"]["ratio"]) == {"estimate", "ci_low", "ci_high"}
    assert value["machine"]["cores"] == value["environment"]["cores"] == 2
    assert (value["xla"], value["advice"]) == (True, [])


def test_advice_is_numbered(invoke):
    shown = invoke(samples=[make_sample(0.0, load_average=7.5), make_sample(10.0)]).stdout
    assert "\nAdvice\n1  The load average was 7.5 on 2 usable cores" in shown


@pytest.mark.parametrize("ratios", [noisy(0.01, rounds=5), [1.0] * 50], ids=["too few", "all equal"])
def test_without_an_interval_the_resolution_is_unknown_and_why(invoke, ratios):
    shown = invoke(execute=timing(ratios)).stdout
    assert f"resolution  unknown: {len(ratios)} rounds give no interval; measure for more seconds\n" in shown
    assert "can be seen here now" not in shown
    assert "10 seeds" not in shown


@pytest.mark.parametrize("execute", [without_worker, failing("compiled", "keras")])
def test_a_machine_that_cannot_measure_is_described_and_exit_code_5(invoke, execute):
    result = invoke(execute=execute)
    assert result.exit_code == 5
    assert "Nothing can be measured here" in result.stdout
    assert "governor performance" in result.stdout
    assert result.stderr.splitlines()[-1].startswith("Error: the placebo could not be measured: ")


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "x", "100000"])
def test_seconds_that_make_no_sense_are_exit_code_2(invoke, seconds):
    result = invoke("--seconds", seconds)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.tensorflow
def test_this_machine_is_examined():
    done = actbench("doctor", "--seconds", "1", "--format", "json")
    done.check_returncode()
    value = json.loads(done.stdout)
    assert value["xla"] is True
    assert value["environment"]["build"]["tensorflow_source"]
    assert value["environment"]["intra_op_threads"] == value["environment"]["cores"]
    assert 0.5 < value["measurement"]["ratio"]["estimate"] < 2
    assert value["measurement"]["rounds"] >= 6
    assert (
        value["measurement"]["smallest_difference"] > value["measurement"]["smallest_difference_10_seeds"] > 0
    )
