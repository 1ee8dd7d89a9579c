_base_ = "./loaders.py"
max_seq_len = 2304
data = dict(
    data_root="data/thumos/",
    ann_file="annotations/thumos14.json",
    features="i3d_features",
    feature_stride=4,
    snippet_frames=16,
    bad_segments="keep",
    check_duration=False,
    allow_missing=True,
)
train_dataloader = dict(
    dataset=dict(
        **data,
        subset="validation",
        pipeline=[
            dict(type="LoadFeatures"),
            dict(type="Truncate", max_len=max_seq_len, min_overlap=0.5, crop_ratio=(0.9, 1.0)),
            dict(type="PackInputs"),
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=dict(**data, subset="test"))
val_evaluator = test_evaluator = dict(protocol="thumos14/official-212")
