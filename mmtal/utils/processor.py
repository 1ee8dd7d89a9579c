"""What the CPU can do."""

import platform
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
