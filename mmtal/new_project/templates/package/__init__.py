"""A plugin of mmtal: its components register when this package is imported."""

from my_project.my_component import MyComponent

__all__ = ["MyComponent"]
