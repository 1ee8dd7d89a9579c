from projects.example_project.example_project.centreness_head import CentrenessHead
from projects.example_project.example_project.random_speed import RandomSpeed

__all__ = ["CentrenessHead", "RandomSpeed"]
