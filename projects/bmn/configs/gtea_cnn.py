# Every other feature, 7.5 per second: a window must hold the longer actions.
_base_ = ["./_base_/small.py", "../../../configs/_base_/datasets/gtea.py"]
max_seq_len = _base_.window
model = dict(backbone=dict(in_channels=128))
load, _, pack = _base_.train_dataloader.dataset.pipeline
thin = dict(type="TemporalStride", factor=2)
train_dataloader = dict(batch_size=8, dataset=dict(pipeline=[load, thin, _base_.windows, pack]))
val_dataloader = test_dataloader = dict(dataset=dict(pipeline=[load, thin, pack]))
val_evaluator = test_evaluator = dict(protocol="gtea/proposals", class_agnostic=True)
