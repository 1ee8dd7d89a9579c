# TadTR as OpenTAD has it: one rate for all weights but those that choose places, and one step down.
_base_ = "../../../../configs/_base_/default_runtime.py"
custom_imports = dict(imports=["projects.tadtr.tadtr"])
model = dict(
    type="TemporalLocalizer",
    backbone=dict(type="TadTREncoder"),
    neck=dict(type="IdentityNeck", with_norm=False),
    head=dict(
        type="TadTRHead",
        matcher=dict(type="HungarianMatcher", cls_weight=6.0, l1_weight=5.0, iou_weight=2.0),
        loss_cls=dict(type="FocalLoss", alpha=0.25, gamma=2.0, loss_weight=2.0),
        l1_weight=5.0,
        iou_weight=2.0,
        actionness_weight=4.0,
    ),
)
warmup_epochs = 0
slow = dict(lr_mult=0.1)
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=2e-4, weight_decay=1e-4),
    paramwise_cfg=dict(custom_keys=dict(sampling_offsets=slow, reference_points=slow)),
    clip_grad=dict(max_norm=0.1, norm_type=2),
)
train_cfg = dict(by_epoch=True, val_interval=1)
val_cfg = {}
test_cfg = {}
randomness = dict(seed=42)
