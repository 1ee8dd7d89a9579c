# The release's recipe on its own features; SIL is a class, so that no moment is background.
# Published for protocol breakfast/ms-tcn.
_base_ = "./gtea_i3d.py"
model = dict(
    backbone=dict(max_seq_len=10240),
    head=dict(num_classes=48, background=False),
)
data = dict(data_root="data/breakfast/")
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = [
    dict(type="TemporalMAP", tiou_thresholds=(0.3, 0.4, 0.5, 0.6, 0.7)),
    dict(type="FrameMetrics", protocol="breakfast/ms-tcn"),
]
