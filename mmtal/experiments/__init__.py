"""Whole experiments: one run from data to mAP, leaderboards, and hyper-parameter search.

Leaderboards and searches run their jobs by one :mod:`mmtal.experiments.executor`. The cli may
import all of it.
"""
