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
        lengths=[3, 4, 6, 8, 12, 16, 24, 32, 48, 64],  # 1.5 to 32 seconds
        score_thr=0.01,
        pre_nms_topk=2000,
        min_duration=None,
        nms=dict(method="gaussian", sigma=0.5, min_score=0.001),
        max_per_video=200,
    ),
    test_window=(max_seq_len, max_seq_len // 2),
)
train_cfg = dict(max_epochs=3 + 17)
