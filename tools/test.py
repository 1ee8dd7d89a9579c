"""Test a checkpoint: python tools/test.py CONFIG CHECKPOINT; the same as ``mmtal test``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("test", moved=False)
