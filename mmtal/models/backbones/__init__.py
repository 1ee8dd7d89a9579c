"""Backbones: from features to a pyramid of levels."""
