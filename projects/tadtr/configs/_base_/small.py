# A small TadTR for data sets of a few hours, trained without a GPU. Little is tuned.
_base_ = "./tadtr.py"
model = dict(
    backbone=dict(embed_channels=128, mlp_channels=512),
    head=dict(
        num_queries=20,
        mlp_channels=512,
        nms=dict(method="gaussian", sigma=0.4, min_score=0.0),
        max_per_video=200,
    ),
)
optim_wrapper = dict(optimizer=dict(lr=5e-4))
param_scheduler = [dict(type="MultiStepLR", milestones=[20], gamma=0.1)]
train_cfg = dict(max_epochs=25, val_interval=5)
default_hooks = dict(logger=dict(interval=10))
