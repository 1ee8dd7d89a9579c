_base_ = ["./_base_/small.py", "../../../configs/_base_/datasets/sbhar.py"]
max_seq_len = _base_.window
model = dict(backbone=dict(in_channels=150, groups=1))
load, _, pack = _base_.train_dataloader.dataset.pipeline
train_dataloader = dict(batch_size=8, dataset=dict(pipeline=[load, _base_.windows, pack]))
val_evaluator = test_evaluator = dict(protocol="sbhar/proposals", class_agnostic=True)
