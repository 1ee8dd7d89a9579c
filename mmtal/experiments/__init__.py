"""Whole experiments: one run from data to mAP, leaderboards, and hyper-parameter search.

The cli may import them. Leaderboards and searches run their jobs by one :mod:`mmtal.experiments.executor`.
"""
