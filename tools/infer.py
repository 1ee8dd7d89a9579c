"""The old name of ``mmtal infer``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("infer")
