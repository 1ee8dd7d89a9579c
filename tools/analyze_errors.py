"""The old name of ``mmtal explain``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("explain")
