"""How much memory this process ever held."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_memory() -> float:
    """In megabytes. Where Linux tells it, not from `ru_maxrss`, which begins with what the parent
    held when it forked."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
