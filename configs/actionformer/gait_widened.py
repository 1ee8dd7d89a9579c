# When feet leave the ground and are back: events widened to segments, the middles are evaluated.
_base_ = ["../_base_/small.py", "../_base_/datasets/gait.py"]
point_width = 0.2  # seconds
model = dict(
    backbone=dict(in_channels=18 * 8, max_seq_len=_base_.max_seq_len),
    head=dict(
        num_classes=4,
        nms=dict(distance=5),  # 0.2 s
        max_per_video=400,
    ),
)
train_dataloader = dict(dataset=dict(point_width=point_width))
val_dataloader = test_dataloader = dict(dataset=dict(point_width=point_width))
val_evaluator = test_evaluator = dict(protocol="gait/points")
train_cfg = dict(max_epochs=3 + 9)
