"""Losses of classification and of boundary regression."""
