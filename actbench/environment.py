"""The machine and the software of this process, and the comparison of two recorded environments.

None of the packages that are named is loaded.
"""

import os
import platform
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from actbench.records.run import Environment

# Facts of an `Environment`. Times are comparable only if all of them are the same.
MACHINE_FACTS = ("cpu", "processor", "cores", "device", "intra_op_threads", "inter_op_threads")

_PACKAGES = ("actbench", "keras", "numpy", "tensorflow")

# Beginnings of the names. TF_ alone would also match variables of Terraform.
_VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "DNNL_",
    "KMP_",
    "MKL_",
    "NVIDIA_TF32",
    "OMP_",
    "ONEDNN_",
    "TF_CUDNN_",
    "TF_DETERMINISTIC_",
    "TF_DISABLE_",
    "TF_ENABLE_",
    "TF_FORCE_",
    "TF_GPU_",
    "TF_NUM_",
    "TF_USE_",
    "TF_XLA_",
    "XLA_",
)


def describe_environment() -> Environment:
    """Return the environment of this process; only a worker can add the device and its threads."""
    return Environment(
        cpu=_cpu_model(),
        cores=usable_cores(),
        memory_bytes=psutil.virtual_memory().total,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        packages={name: _version(name) for name in _PACKAGES},
        variables={name: value for name, value in sorted(os.environ.items()) if name.startswith(_VARIABLES)},
    )


def compare_environments(
    before: Environment, now: Environment, *, only: Collection[str] | None = None, strict: bool = False
) -> dict[str, tuple[object, object]]:
    """Return the facts in which two recorded environments differ.

    Packages, environment variables and the parts of the build are facts of their own. The size of the memory
    is left out: virtual machines come back with a few pages more or less.

    Args:
        before: The earlier environment.
        now: The later environment.
        only: Names to compare, in this order, such as `MACHINE_FACTS`; by default all.
        strict: Report a fact that only one of the two records, such as a package that an older version did
            not list, as None against its value. By default such a fact is no difference.

    Returns:
        Name to (value before, value now).
    """
    facts_before, facts_now = _facts(before), _facts(now)
    for name in sorted(before.variables.keys() | now.variables.keys()):
        facts_before[name] = before.variables.get(name, "not set")
        facts_now[name] = now.variables.get(name, "not set")
    names = dict.fromkeys([*facts_before, *facts_now]) if only is None else only
    pairs = {name: (facts_before.get(name), facts_now.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and (strict or None not in pair)}


def usable_cores() -> int:
    """Return the number of cores that this process may run on, which taskset or a cpuset may limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_family() -> str:
    """Return the processor's vendor, family and model as its maker numbers them.

    Virtual machines often hide the processor's name, but XLA compiles for these numbers. Two processors that
    differ in them may round differently, so that trainings end at other weights.
    """
    info = _cpuinfo()
    if "cpu family" not in info:
        return platform.machine()
    return f"{info.get('vendor_id')} family {info['cpu family']} model {info.get('model')}"


def _facts(environment: Environment) -> dict[str, object]:
    facts = environment.model_dump(exclude={"memory_bytes", "packages", "variables", "build"})
    return {**facts, **environment.packages, **environment.build}


def _cpu_model() -> str:
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


def _cpuinfo() -> dict[str, str]:
    """Return what Linux says of the first core, which psutil does not; empty on other systems."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    first, _, _ = path.read_text(encoding="utf-8", errors="replace").partition("\n\n")
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
