"""Pack the results of a pipeline for the model."""

from typing import Any

import numpy as np
import torch
from mmengine.structures import InstanceData

from mmtal.datasets.features import LARGEST, unusable_values
from mmtal.datasets.frames import FrameArray
from mmtal.registry import TRANSFORMS
from mmtal.structures import TemporalDataSample


@TRANSFORMS.register_module()
class PackInputs:
    """Read the features that are left and pack them with what is known of the recording.

    Args:
        lazy: Leave pictures of a video undecoded, so that a model with ``test_window`` decodes one
            window of them at a time: for testing on long videos.

    Returns:
        dict: ``inputs``, a float32 tensor (T, C), and ``data_samples``, a TemporalDataSample with
        ``gt_instances`` if there is a ground truth.
    """

    changes_grid = False

    def __init__(self, *, lazy: bool = False) -> None:
        self.lazy = lazy

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        if self.lazy and isinstance(results["feats"], FrameArray):
            return self.packed(results, results["feats"])
        values = results["feats"].read()  # (T, C)
        wrong = unusable_values(values)
        if wrong.any():
            step, channel = np.argwhere(wrong)[0]
            raise ValueError(
                f"recording '{results['video_id']}': features must be numbers of at most "
                f"{LARGEST:g}, but feature {step} of the sequence has {values[step, channel]} in "
                f"channel {channel} (files: {', '.join(results.get('feat_paths', []))}). Extract "
                "the features again"
            )
        return self.packed(results, torch.from_numpy(values))

    def packed(self, results: dict[str, Any], inputs: torch.Tensor | FrameArray) -> dict[str, Any]:
        """``inputs``, and what is known of them."""
        sample = TemporalDataSample(
            metainfo={
                "video_id": results["video_id"],
                "duration": results["duration"],
                "grid": results["grid"],
                "num_features": len(inputs),
            }
        )
        if "segments" in results:
            sample.gt_instances = InstanceData(
                segments=torch.from_numpy(results["segments"]),  # (N, 2)
                labels=torch.from_numpy(results["labels"]),  # (N,)
            )
        return {"inputs": inputs, "data_samples": sample}
