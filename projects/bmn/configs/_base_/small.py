# A narrow BMN for data sets of a few hours, trained without a GPU; evaluated by where, not what.
# Little is tuned.
_base_ = "./bmn.py"
window = 128
windows = dict(type="TrainingWindows", max_len=window, step=window // 2, min_overlap=0.9)
model = dict(
    backbone=dict(embed_channels=128, max_seq_len=window),
    head=dict(
        max_duration=96,
        channels=32,
        sample_channels=64,
        nms=dict(sigma=0.4),
        nms_per_window=True,
        max_per_video=200,
    ),
    test_window=(window, window // 2),
)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [dict(type="MultiStepLR", milestones=[5], gamma=0.1)]
train_cfg = dict(max_epochs=6, val_interval=6)
default_hooks = dict(logger=dict(interval=10))
