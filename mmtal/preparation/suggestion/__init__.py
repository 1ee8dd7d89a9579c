"""A config for a new data set, from its statistics."""

from mmtal.preparation.suggestion.budget import Budget
from mmtal.preparation.suggestion.config_text import config_text, explanation
from mmtal.preparation.suggestion.data_summary import DataSummary, summarize
from mmtal.preparation.suggestion.rules import Settings, choose_settings

__all__ = [
    "Budget",
    "DataSummary",
    "Settings",
    "choose_settings",
    "config_text",
    "explanation",
    "summarize",
]
