# When feet leave the ground and are back, by the head for events without duration.
_base_ = ["../_base_/small.py", "../_base_/datasets/gait.py"]
point_width = 0.2  # seconds; only pictures show it
model = dict(
    # the finest level alone owns events, see docs/protocols.md: no coarser ones
    backbone=dict(in_channels=18 * 8, max_seq_len=_base_.max_seq_len, depths=(2, 2, 0)),
    head=dict(
        _delete_=True,
        type="SpottingHead",
        num_classes=4,
        assigner=dict(type="RadiusAssigner", radius=1.5, levels=[0]),
        loss_cls=dict(type="FocalLoss"),
        loss_reg=dict(type="SmoothL1Loss"),
        score_thr=0.001,
        pre_nms_topk=2000,
        nms=dict(method="gaussian", sigma=0.5, distance=5, min_score=0.001),
        max_per_video=400,
    ),
)
train_dataloader = dict(dataset=dict(point_width=point_width))
val_dataloader = test_dataloader = dict(dataset=dict(point_width=point_width))
val_evaluator = test_evaluator = dict(protocol="gait/points")
train_cfg = dict(max_epochs=3 + 9)
