"""How much memory this process has taken."""

import resource
from pathlib import Path


def peak_memory_bytes() -> int:
    """Largest resident size of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    # Elsewhere this also remembers the parent's size at the moment of the fork, hence not the first choice.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
