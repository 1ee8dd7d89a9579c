"""Checkpoints: safe reading, parameter names, and the bridge to and from other codebases."""
