"""The old name of ``mmtal data import``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("data import", {"--split": "--shares", "--split-only": "--subset"})
