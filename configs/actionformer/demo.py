# The embedded data: raw acceleration, made into features while it is loaded.
_base_ = ["../_base_/small.py", "../_base_/datasets/loaders.py"]
max_seq_len = 2304
data = dict(
    data_root="data/hapt/",
    ann_file="annotations.json",
    features="features",
    file_ext=".npz",
    feature_stride=1,  # one raw sample
    snippet_frames=1,
    fps=50,
)
load = [
    dict(type="LoadFeatures"),
    dict(type="SlidingWindow", window_size=50, window_stride=25),
]
train_dataloader = dict(
    dataset=dict(
        **data,
        subset="training",
        pipeline=[
            *load,
            dict(type="Truncate", max_len=max_seq_len, min_overlap=0.5, crop_ratio=(0.9, 1.0)),
            dict(type="PackInputs"),
        ],
    )
)
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, subset="validation", pipeline=[*load, dict(type="PackInputs")])
)
val_evaluator = test_evaluator = dict(protocol="hapt/demo")
model = dict(
    backbone=dict(in_channels=3 * 50, max_seq_len=max_seq_len),
    head=dict(num_classes=12),
)
train_cfg = dict(max_epochs=3 + 50, val_interval=10)
default_hooks = dict(logger=dict(interval=4))
