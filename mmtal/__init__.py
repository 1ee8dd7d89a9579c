"""mmtal: temporal action localization on MMEngine."""

from mmtal.engine.checkpoint import install_safe_loading
from mmtal.plugins import load_plugins
from mmtal.version import __version__

__all__ = ["__version__"]

install_safe_loading()
load_plugins()
