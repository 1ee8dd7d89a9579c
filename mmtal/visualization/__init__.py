from mmtal.visualization.timeline import draw_timeline, save_figure

__all__ = ["draw_timeline", "save_figure"]
