import os

from actbench.environment import describe_environment, usable_cores
from tests.commands import ROOT


def test_the_machine_and_the_software_are_named():
    found = describe_environment()
    assert found.cpu
    assert found.cores == usable_cores() >= 1
    assert found.memory_bytes > 2**28
    assert set(found.packages) == {"actbench", "keras", "numpy", "tensorflow"}
    assert all(found.packages.values())
    assert found.device is None


def test_variables_that_tune_tensorflow_are_recorded_and_no_others(monkeypatch):
    for name in os.environ:
        if name.startswith(("TF_", "XLA_", "OMP_", "MKL_", "KMP_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(ROOT / "terraformrc"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert describe_environment().variables == {"OMP_NUM_THREADS": "1", "TF_ENABLE_ONEDNN_OPTS": "0"}


def test_cores_are_those_that_this_process_may_use():
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
