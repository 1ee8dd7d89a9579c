"""A config for a new data set, from its statistics."""

from mmtal.suggestion.config_text import config_text, explanation
from mmtal.suggestion.data_summary import DataSummary, choose_subsets, summarize
from mmtal.suggestion.rules import Budget, Settings, choose_settings

__all__ = [
    "Budget",
    "DataSummary",
    "Settings",
    "choose_settings",
    "choose_subsets",
    "config_text",
    "explanation",
    "summarize",
]
