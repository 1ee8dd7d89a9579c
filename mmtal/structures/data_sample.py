"""Data sample: one recording, or one window of it, with annotations and predictions."""

from mmengine.structures import BaseDataElement, InstanceData

from mmtal.runtime.feature_grid import FeatureGrid


class TemporalDataSample(BaseDataElement):
    """What is known and what is predicted of one recording. All times are in seconds.

    Metainfo (``sample.video_id``, set by ``set_metainfo``):
        video_id (str): Name of the recording.
        duration (float): Length in seconds.
        grid (FeatureGrid): Where the features lie in time.
        num_features (int): T, the valid length of the features.

    Data fields:
        gt_instances (InstanceData): ``segments`` float32 (N, 2), ``labels`` int64 (N,).
        pred_instances (InstanceData): ``segments`` float32 (M, 2), ``scores`` float32 (M,),
            ``labels`` int64 (M,); highest score first.
    """

    video_id: str
    duration: float
    grid: FeatureGrid
    num_features: int

    @property
    def gt_instances(self) -> InstanceData:
        return self._gt_instances

    @gt_instances.setter
    def gt_instances(self, value: InstanceData) -> None:
        self.set_field(value, "_gt_instances", dtype=InstanceData)

    @gt_instances.deleter
    def gt_instances(self) -> None:
        del self._gt_instances

    @property
    def pred_instances(self) -> InstanceData:
        return self._pred_instances

    @pred_instances.setter
    def pred_instances(self, value: InstanceData) -> None:
        self.set_field(value, "_pred_instances", dtype=InstanceData)

    @pred_instances.deleter
    def pred_instances(self) -> None:
        del self._pred_instances
