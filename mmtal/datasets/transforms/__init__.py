"""Transforms of the data pipeline; :mod:`mmtal.datasets` has their names."""
