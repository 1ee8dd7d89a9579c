"""The formats of annotations: a file for each, which holds a ``FORMAT``."""
