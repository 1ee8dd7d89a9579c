"""The old name of ``mmtal results eval``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("results eval")
