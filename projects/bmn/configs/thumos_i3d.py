# Published for protocol thumos14/opentad-211.
_base_ = ["./_base_/bmn.py", "../../../configs/_base_/datasets/thumos14.py"]
max_seq_len = 128  # of a window
test_window = (max_seq_len, max_seq_len // 2)
model = dict(
    backbone=dict(in_channels=2048, max_seq_len=max_seq_len),
    head=dict(
        max_duration=max_seq_len // 2,
        nms=dict(sigma=0.3),
        nms_per_window=True,
        max_per_video=200,
        fixed_limits=("max_per_video",),
    ),
    test_window=test_window,
)
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        pipeline=[
            dict(type="LoadFeatures"),
            dict(
                type="TrainingWindows", max_len=max_seq_len, step=max_seq_len // 2, min_overlap=0.9
            ),
            dict(type="PackInputs"),
        ],
    ),
)
val_evaluator = test_evaluator = [
    dict(
        type="TemporalMAP",
        protocol="thumos14/opentad-211",
        # made by mmtal results scores of UntrimmedNet's uNet_test.npy
        external_scores="data/thumos/annotations/unet.json",
        external_rule="product",
        top_segments=None,
    ),
    dict(type="AverageRecall"),
]
optim_wrapper = dict(optimizer=dict(lr=1e-4))
param_scheduler = [dict(type="MultiStepLR", milestones=[5], gamma=0.1)]
train_cfg = dict(max_epochs=8)
