"""Backbones that make features of pictures."""
