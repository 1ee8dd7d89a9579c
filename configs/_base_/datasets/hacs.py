# HACS Segments 1.1.1, features at their own length: .npy files with (T, C).
_base_ = "./loaders.py"
data = dict(
    data_root="data/hacs/",
    bad_segments="keep",
    check_duration=False,
    remove_duplicates=True,
)
train_dataloader = dict(batch_size=16, dataset=dict(**data, subset="training"))
val_dataloader = test_dataloader = dict(dataset=dict(**data, subset="validation"))
val_evaluator = test_evaluator = dict(protocol="hacs/corrected")
