"""The old name of ``mmtal data suggest``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("data suggest")
