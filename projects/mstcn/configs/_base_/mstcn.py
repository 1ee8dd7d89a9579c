# MS-TCN as its release trains it: whole recordings one by one, Adam, one learning rate.
_base_ = "../../../../configs/_base_/default_runtime.py"
custom_imports = dict(imports=["projects.mstcn.mstcn"])
model = dict(
    type="TemporalLocalizer",
    backbone=dict(type="DilatedNet"),
    neck=dict(type="IdentityNeck", with_norm=False),
    head=dict(type="MultiStageHead"),
)
optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=5e-4))
train_cfg = dict(by_epoch=True, max_epochs=50, val_interval=50)
val_cfg = {}
test_cfg = {}
default_hooks = dict(checkpoint=dict(save_param_scheduler=False))  # there is none
