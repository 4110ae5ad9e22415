"""What machine and software this is, without loading any of the packages it names."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from actbench.records import Environment

_PACKAGES = ("actbench", "keras", "numpy", "tensorflow")
# By the beginnings of their names; not all of TF_, which is also Terraform's.
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
    """The environment of this process; device and threads stay None, for only a worker knows them."""
    return Environment(
        cpu=_cpu_model(),
        cores=usable_cores(),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        packages={name: _version(name) for name in _PACKAGES},
        variables={name: value for name, value in sorted(os.environ.items()) if name.startswith(_VARIABLES)},
    )


def differences(before: Environment, now: Environment) -> dict[str, tuple[str, str]]:
    """What two environments differ in: name to (before, now), in words.

    Left out is the memory, for virtual machines come back with a few pages more or less, and what one of the
    two does not tell, such as a package that older records do not list.
    """
    told_before, told_now = _told(before), _told(now)
    found = {name: (value, told_now.get(name, value)) for name, value in told_before.items()}
    for name in sorted(before.variables.keys() | now.variables.keys()):
        found[name] = (before.variables.get(name, "not set"), now.variables.get(name, "not set"))
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def usable_cores() -> int:
    """Cores that this process may run on; fewer than the machine has under taskset or in a cpuset."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_family() -> str:
    """The processor by its maker's numbers: virtual machines often hide its name, but XLA compiles for these.

    Two that differ in it may round differently, so that trainings end at other weights.
    """
    info = _cpuinfo()
    if "cpu family" not in info:
        return platform.machine()
    return f"{info.get('vendor_id')} family {info['cpu family']} model {info.get('model')}"


def _told(environment: Environment) -> dict[str, str]:
    told = environment.model_dump(exclude={"memory_bytes", "variables"}, exclude_none=True)
    nested = [told.pop(name) for name, value in list(told.items()) if isinstance(value, dict)]
    return {name: str(value) for part in (told, *nested) for name, value in part.items()}


def _cpu_model() -> str:
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


def _cpuinfo() -> dict[str, str]:
    """What the kernel says of the first core; nothing where there is no /proc."""
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
