"""Print a config with everything that it inherits; the same as ``mmtal config show``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("config show", moved=False)
