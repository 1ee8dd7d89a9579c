from mmtal.models.localizers.temporal_localizer import TemporalLocalizer

__all__ = ["TemporalLocalizer"]
