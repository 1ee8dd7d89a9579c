"""Hyper-parameter search over any config value; needs Optuna (``pip install 'mmtal[search]'``)."""

from mmtal.search.searching import SearchResult, search
from mmtal.search.settings import SearchSettings
from mmtal.search.space import DEFAULT_SPACE, read_space

__all__ = ["DEFAULT_SPACE", "SearchResult", "SearchSettings", "read_space", "search"]
