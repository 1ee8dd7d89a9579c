_base_ = "./loaders.py"
max_seq_len = 2304
data = dict(
    data_root="data/sphere/",
    ann_file="annotator0_fold0.json",
    features="features",
    feature_stride=1,
    snippet_frames=1,
)
train_dataloader = dict(
    dataset=dict(
        **data,
        subset="training",
        pipeline=[
            dict(type="LoadFeatures"),
            dict(type="Truncate", max_len=max_seq_len, min_overlap=0.5, crop_ratio=(0.9, 1.0)),
            dict(type="PackInputs"),
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=dict(**data, subset="validation"))
val_evaluator = test_evaluator = dict(protocol="sphere/fold0")
