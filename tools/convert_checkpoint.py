"""The old name of ``mmtal checkpoint convert``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("checkpoint convert", {"--weights": "--which"})
