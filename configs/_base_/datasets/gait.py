# IPOL's gait recordings, 18 channels at 100 Hz: tools/make_gait.py. Sensors become features here.
_base_ = "./loaders.py"
max_seq_len = 1152
data = dict(
    data_root="data/gait/",
    ann_file="points.json",
    features="features",
    feature_stride=1,
    snippet_frames=1,
    fps=100,
)
load = [
    dict(type="LoadFeatures"),
    dict(type="Normalize", over="training"),
    dict(type="SlidingWindow", window_size=8, window_stride=4),
]
train_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        **data,
        subset=["training", "validation"],
        pipeline=[
            *load,
            dict(type="Truncate", max_len=max_seq_len, min_overlap=1.0, crop_ratio=(0.8, 1.0)),
            dict(type="PackInputs"),
        ],
    ),
)
val_dataloader = test_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(**data, subset="test", pipeline=[*load, dict(type="PackInputs")]),
)
