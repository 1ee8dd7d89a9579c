"""The old name of ``mmtal results ensemble``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("results ensemble")
