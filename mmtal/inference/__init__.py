"""Finding actions in new recordings: inferencer, windows, streams and ensembles."""

from mmtal.inference.inferencer import TemporalActionInferencer

__all__ = ["TemporalActionInferencer"]
