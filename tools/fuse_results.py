"""The old name of ``mmtal results fuse``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("results fuse", {"--tiou-thr": "--tiou"})
