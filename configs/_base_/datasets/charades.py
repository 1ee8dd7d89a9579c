_base_ = "./loaders.py"
max_seq_len = 768
data = dict(
    data_root="data/charades/",
    ann_file="annotations/charades.json",
    feature_stride=8,
    snippet_frames=0,  # OpenTAD takes a feature for the moment at which its frames begin
    fps=24,
    bad_segments="keep",
    check_duration=False,
    allow_missing=True,
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
val_dataloader = test_dataloader = dict(dataset=dict(**data, subset="testing"))
val_evaluator = test_evaluator = dict(protocol="charades/corrected-1863")
