_base_ = "./loaders.py"
max_seq_len = 9216
data = dict(
    data_root="data/epic_sounds/",
    ann_file="annotations/epic_sounds.json",
    features="auditory_slowfast_features",
    file_ext=".npz",
    feature_stride=6,
    snippet_frames=32,
    fps=30,
    classes=44,
    bad_segments="keep",
    check_duration=False,
)
train_dataloader = dict(
    dataset=dict(
        **data,
        subset="training",
        pipeline=[
            dict(type="LoadFeatures"),
            dict(type="Truncate", max_len=max_seq_len, min_overlap=0.3, crop_ratio=(0.9, 1.0)),
            dict(type="PackInputs"),
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=dict(**data, subset="validation"))
val_evaluator = test_evaluator = dict(protocol="epic-sounds/challenge")
