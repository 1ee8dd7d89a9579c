# Published for protocol thumos14/opentad-211. Every fifth of features of every frame.
_base_ = "./thumos_i3d.py"
data = dict(features="tsn_features", feature_stride=1, snippet_frames=0)
load, windows, pack = _base_.train_dataloader.dataset.pipeline
stride = dict(type="TemporalStride", factor=5)
train_dataloader = dict(dataset=dict(**data, pipeline=[load, stride, windows, pack]))
val_dataloader = test_dataloader = dict(dataset=dict(**data, pipeline=[load, stride, pack]))
