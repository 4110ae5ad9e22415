import os
import re
from pathlib import Path

import pytest

from actbench.environment import (
    MACHINE_FACTS,
    compare_environments,
    cpu_family,
    describe_environment,
    usable_cores,
)
from tests.commands import ROOT
from tests.factories import make_environment


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


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system binds no process to cores")
def test_cores_are_those_that_this_process_may_use():
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_environments_differ_by_field_package_and_variable():
    before = make_environment(packages={"keras": "3.8", "numpy": "2.0"}, variables={"OMP_NUM_THREADS": "1"})
    now = make_environment(
        cores=4, packages={"keras": "3.9", "numpy": "2.0"}, variables={"XLA_FLAGS": "--x"}, memory_bytes=1
    )
    assert compare_environments(before, now) == {
        "cores": (2, 4),
        "keras": ("3.8", "3.9"),
        "OMP_NUM_THREADS": ("1", "not set"),
        "XLA_FLAGS": ("not set", "--x"),
    }


def test_what_one_environment_does_not_tell_is_no_difference():
    before = make_environment(device=None, packages={"keras": "3.8"})
    now = make_environment(packages={"keras": "3.8", "jax": "0.5"})
    assert compare_environments(before, now) == compare_environments(now, before) == {}


def test_a_strict_comparison_reports_what_only_one_environment_records():
    before = make_environment(device=None, packages={"keras": "3.8"})
    now = make_environment(device="CPU", packages={"keras": "3.8", "jax": "0.5"}, memory_bytes=1)
    assert compare_environments(before, now, strict=True) == {"device": (None, "CPU"), "jax": (None, "0.5")}


def test_a_comparison_is_limited_to_the_names_given_and_keeps_their_order():
    before = make_environment(cores=2, cpu="A", python="3.11", build={"processor": "family 6", "cuda": "12"})
    now = make_environment(cores=4, cpu="B", python="3.12", build={"processor": "family 25", "cuda": "13"})
    found = compare_environments(before, now, only=MACHINE_FACTS)
    assert list(found.items()) == [
        ("cpu", ("A", "B")),
        ("processor", ("family 6", "family 25")),
        ("cores", (2, 4)),
    ]


def test_the_processor_is_told_by_its_family_where_the_kernel_says_it():
    cpuinfo = Path("/proc/cpuinfo")
    known = cpuinfo.exists() and "cpu family" in cpuinfo.read_text()
    assert re.fullmatch(r"\S+ family \d+ model \d+", cpu_family()) if known else cpu_family()
