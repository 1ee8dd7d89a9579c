from mmtal.visualization.layout import save_figure
from mmtal.visualization.recording_view import RecordingView
from mmtal.visualization.timeline import draw_predictions

__all__ = ["RecordingView", "draw_predictions", "save_figure"]
