"""Drawing of arrays and tables, and nothing else.

Whoever has computed what is to be seen may import it.
"""

from mmtal.visualization.layout import save_figure
from mmtal.visualization.timeline import draw_predictions

__all__ = ["draw_predictions", "save_figure"]
