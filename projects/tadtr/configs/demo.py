# The embedded data, as configs/actionformer/demo.py has them.
_base_ = ["./_base_/small.py", "../../../configs/_base_/datasets/loaders.py"]
max_seq_len = 128
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
windows = dict(type="TrainingWindows", max_len=max_seq_len, step=max_seq_len // 4, min_overlap=0.75)
train_dataloader = dict(
    batch_size=8,
    dataset=dict(**data, subset="training", pipeline=[*load, windows, dict(type="PackInputs")]),
)
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, subset="validation", pipeline=[*load, dict(type="PackInputs")])
)
val_evaluator = test_evaluator = dict(protocol="hapt/demo")
model = dict(
    backbone=dict(in_channels=3 * 50, max_seq_len=max_seq_len),
    head=dict(num_classes=12),
    test_window=(max_seq_len, max_seq_len // 4),
)
