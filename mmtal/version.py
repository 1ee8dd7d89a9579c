"""The version of mmtal."""

__version__ = "0.1.0"
