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


def usable_cores() -> int:
    """Cores that this process may run on; fewer than the machine has under taskset or in a cpuset."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
