"""The old name of ``mmtal new``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("new", {"--dir": "--out"})
