# HACS Segments. The feature files lie in one folder per subset, .npy with (T, C).
_base_ = "../../../../configs/_base_/datasets/loaders.py"
data = dict(
    data_root="data/hacs/",
    bad_segments="keep",
    check_duration=False,
    remove_duplicates=True,
)
train_dataloader = dict(batch_size=16, dataset=dict(**data, subset="training"))
val_dataloader = test_dataloader = dict(dataset=dict(**data, subset="validation"))
val_evaluator = test_evaluator = dict(
    tiou_thresholds=[0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
)
