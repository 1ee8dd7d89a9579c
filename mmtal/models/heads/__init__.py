"""Heads: from the levels of a pyramid to losses or detections."""
