"""Errors that a user can fix."""

from collections.abc import Iterator
from contextlib import contextmanager

USER_ERRORS = (ValueError, TypeError, OSError, KeyError, ImportError)
"""What bad input raises; anything else is a bug of ours and keeps its traceback."""


@contextmanager
def import_hints() -> Iterator[None]:
    """Say how to install what an import in this block lacks: MMEngine, or a library of OpenCV's."""
    try:
        yield
    except ImportError as error:
        if error.name == "mmengine":
            hint = "install MMEngine with pip install onedl-mmengine"
        elif "libGL" in str(error) or "libgthread" in str(error):  # what OpenCV's windows need
            hint = (
                "pip uninstall -y opencv-python, then "
                "pip install --no-deps --force-reinstall opencv-python-headless"
            )
        else:
            raise
        raise ImportError(f"{error}: {hint}") from error
