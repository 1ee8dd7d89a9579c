"""A project of mmtal: its components register when this package is imported."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.my_project.my_project.my_component import MyComponent

__all__ = ["MyComponent"]
