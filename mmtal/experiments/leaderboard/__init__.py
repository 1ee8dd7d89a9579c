"""Leaderboards: records of runs, what is made of them, and what guards them."""

from mmtal.experiments.leaderboard.record import Record, read_records, write_record

__all__ = ["Record", "read_records", "write_record"]
