"""Hyper-parameter search over any config value; needs Optuna (``pip install 'mmtal[search]'``)."""

try:
    import optuna  # noqa: F401
except ImportError as error:  # pragma: no cover - tested in a process of its own
    raise ImportError(
        "hyper-parameter search needs Optuna, which is not installed: pip install 'mmtal[search]'"
    ) from error

from mmtal.experiments.search.searching import SearchResult, search
from mmtal.experiments.search.settings import SearchSettings
from mmtal.experiments.search.space import DEFAULT_SPACE, read_space

__all__ = ["DEFAULT_SPACE", "SearchResult", "SearchSettings", "read_space", "search"]
