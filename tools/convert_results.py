"""The old name of ``mmtal results convert``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("results convert", {"out": "--out", "--mend": "--fix"})
