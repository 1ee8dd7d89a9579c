"""mmtal: temporal action localization on MMEngine."""

try:
    import mmengine.runner  # noqa: F401
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

from mmtal.checkpoints.loading import install_safe_loading
from mmtal.config_files import make_projects_importable
from mmtal.plugins import load_plugins
from mmtal.version import __version__

__all__ = ["__version__"]

make_projects_importable()
install_safe_loading()
load_plugins()
