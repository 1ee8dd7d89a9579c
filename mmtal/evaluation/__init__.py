"""Matching, average precision and recall, frames; metrics and protocols.

Engine, error analysis, experiments and cli may import them.
"""
