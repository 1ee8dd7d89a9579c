"""mmtal: temporal action localization on MMEngine."""

from mmtal.config_files import make_projects_importable
from mmtal.version import __version__

__all__ = ["__version__"]

make_projects_importable()
