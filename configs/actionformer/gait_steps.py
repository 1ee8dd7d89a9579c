# While each foot is in the air: the steps between the events, as segments.
_base_ = ["../_base_/small.py", "../_base_/datasets/gait.py"]
model = dict(
    backbone=dict(in_channels=18 * 8, max_seq_len=_base_.max_seq_len),
    head=dict(num_classes=2),
)
data = dict(ann_file="steps.json")
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="gait/steps")
train_cfg = dict(max_epochs=3 + 9)
