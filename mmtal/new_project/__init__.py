"""Projects to start from: one component, one config, one test, one README.

The cli may import it.
"""

from mmtal.new_project.generator import DESIGNS, KINDS, NewProject, new_project

__all__ = ["DESIGNS", "KINDS", "NewProject", "new_project"]
