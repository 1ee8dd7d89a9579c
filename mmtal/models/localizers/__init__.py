"""Localizers: whole models, which MMEngine trains and tests."""

from mmtal.models.localizers.temporal_localizer import TemporalLocalizer

__all__ = ["TemporalLocalizer"]
