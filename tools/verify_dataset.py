"""The old name of ``mmtal data verify``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("data verify", {"--split": "--subset"}, failed=2)
