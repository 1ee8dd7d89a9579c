# The demo with the detector of this project: 64 seconds at once, in training and testing.
_base_ = "../../../configs/actionformer/demo.py"
custom_imports = dict(imports=["projects.my_project.my_project"])

max_seq_len = 128
windows = dict(type="TrainingWindows", max_len=max_seq_len, step=max_seq_len // 4, min_overlap=0.75)
train_dataloader = dict(
    batch_size=8, dataset=dict(pipeline=[*_base_.load, windows, dict(type="PackInputs")])
)
model = dict(
    backbone=dict(depths=(2, 2, 0), max_seq_len=max_seq_len),  # one level
    head=dict(
        _delete_=True,
        type="MyComponent",
        num_classes=12,
        num_queries=24,
        # a segment may be found in two windows, each of which is a set of its own
        nms=dict(method="gaussian", sigma=0.4, min_score=0.001),
    ),
    test_window=(max_seq_len, max_seq_len // 2),
)
train_cfg = dict(max_epochs=3 + 17)
