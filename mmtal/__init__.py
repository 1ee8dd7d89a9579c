"""mmtal: temporal action localization on MMEngine."""

from mmtal.version import __version__

__all__ = ["__version__"]
