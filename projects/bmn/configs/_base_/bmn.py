# BMN as OpenTAD has it: proposals, named by a classifier of whole videos.
_base_ = "../../../../configs/_base_/default_runtime.py"
custom_imports = dict(
    imports=["projects.bmn.bmn", "projects.opentad_actionformer.opentad_actionformer"]
)
model = dict(
    type="TemporalLocalizer",
    backbone=dict(type="BoundaryNet", embed_channels=256),
    neck=dict(type="IdentityNeck", with_norm=False),
    head=dict(
        type="BoundaryMatchingHead",
        num_classes=1,  # the external classifier names proposals
        score_thr=0.0,
        pre_nms_topk=1_000_000,  # all reach NMS
        min_duration=None,
        nms=dict(
            method="gaussian",
            min_score=0.0001,
            class_agnostic=True,
            voting_thr=0.95,
            voting_weight="score",
        ),
    ),
)
warmup_epochs = 0
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="Adam", weight_decay=1e-4),
    clip_grad=dict(max_norm=1.0, norm_type=2),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(decay_mult=10.0))),
)
train_cfg = dict(by_epoch=True, val_interval=1)
val_cfg = {}
test_cfg = {}
randomness = dict(seed=42)
