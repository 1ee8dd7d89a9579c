_base_ = "./loaders.py"
max_seq_len = 192  # every recording is resized to it
data = dict(
    data_root="data/anet_1.3/",
    file_prefix="v_",
    feature_stride=16,
    snippet_frames=16,
    bad_segments="keep",
    check_duration=False,
    remove_duplicates=True,
)
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        **data,
        subset="training",
        pipeline=[
            dict(type="LoadFeatures"),
            dict(type="ResizeFeatures", length=max_seq_len, min_overlap=0.5),
            dict(type="Truncate", max_len=max_seq_len, min_overlap=0.5, crop_ratio=(0.9, 1.0)),
            dict(type="PackInputs"),
        ],
    ),
)
val_dataloader = test_dataloader = dict(
    dataset=dict(
        **data,
        subset="validation",
        pipeline=[
            dict(type="LoadFeatures"),
            dict(type="ResizeFeatures", length=max_seq_len),
            dict(type="PackInputs"),
        ],
    )
)
val_evaluator = test_evaluator = dict(
    protocol="activitynet13/full",
    external_scores="data/anet_1.3/annotations/cuhk_val_simp_share.json",
)
