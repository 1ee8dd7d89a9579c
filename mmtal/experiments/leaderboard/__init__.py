"""Leaderboards: specs, records of runs, tables and regression checks."""
