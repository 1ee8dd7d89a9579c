"""Finding actions in new recordings: inferencer, windows, streams and ensembles.

Experiments, apis and cli may import it.
"""

from mmtal.inference.inferencer import TemporalActionInferencer

__all__ = ["TemporalActionInferencer"]
