"""The old name of ``mmtal results scores``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("results scores", {"--videos": "--recordings"})
