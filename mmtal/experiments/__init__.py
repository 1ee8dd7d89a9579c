"""Whole experiments: one run from data to mAP, leaderboards of many, and hyper-parameter search."""
