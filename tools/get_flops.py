"""Print a model's size and cost; the same as ``mmtal config cost``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("config cost", moved=False)
