"""The old name of ``mmtal leaderboard``."""

from mmtal.cli.main import forward

if __name__ == "__main__":
    forward("leaderboard")
