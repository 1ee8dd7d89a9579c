_base_ = "./loaders.py"
max_seq_len = 1280
data = dict(
    data_root="data/salads50/",
    ann_file="annotations/split1.json",
    features="features_split1",
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
val_evaluator = test_evaluator = dict(protocol="salads50/split1")
