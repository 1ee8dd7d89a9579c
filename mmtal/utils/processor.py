"""What the CPU can do, and how much memory this process took."""

import platform
import sys
from functools import cache
from pathlib import Path


@cache
def _description() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.read_text() if cpuinfo.exists() else platform.processor()


def is_amd() -> bool:
    """Whether the CPU is AMD's."""
    return "AuthenticAMD" in _description()


def multiplies_bfloat16() -> bool:
    """Whether the CPU has instructions for products of bfloat16 (AMX, AVX512-BF16 or Arm's)."""
    return not {"amx_bf16", "avx512_bf16", "bf16"}.isdisjoint(_description().split())


def peak_memory() -> int:
    """Bytes that this process held at most; on Linux without those of the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage begins with the peak of the starting process
        lines = status.read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    import resource  # Unix alone has it

    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
