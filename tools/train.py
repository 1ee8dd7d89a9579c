"""Train a model: python tools/train.py CONFIG; the same as ``mmtal train``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("train", moved=False)
