"""A head and a transform, as an example of a project."""

from mmtal.plugins import requires_mmtal

with requires_mmtal(">=0.1,<0.2", plugin=__name__):
    from projects.example_project.example_project.centerness_head import CenternessHead
    from projects.example_project.example_project.random_speed import RandomSpeed

__all__ = ["CenternessHead", "RandomSpeed"]
