"""Errors that a user can fix."""

USER_ERRORS = (ValueError, TypeError, OSError, KeyError, ImportError)
"""What bad input raises; anything else is a bug of ours and keeps its traceback."""
