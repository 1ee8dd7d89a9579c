# THUMOS14's videos and features, with dense labels of 65 classes.
_base_ = "../../../../configs/_base_/datasets/thumos14.py"
data = dict(
    data_root="data/multithumos/",
    ann_file="multithumos.json",
    features="../thumos/i3d_features",
)
rgb = dict(type="FirstChannels", num_channels=1024)  # the files have RGB, then flow
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            dict(type="LoadFeatures"),
            rgb,
            dict(type="Truncate", max_len=2304, min_overlap=0.5, crop_ratio=(0.9, 1.0)),
            dict(type="PackInputs"),
        ],
    )
)
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, pipeline=[dict(type="LoadFeatures"), rgb, dict(type="PackInputs")])
)
val_evaluator = test_evaluator = dict(tiou_thresholds=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
