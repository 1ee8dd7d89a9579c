"""Leaderboards: records of runs, what is made of them, and what guards them."""
