# Published for protocol thumos14/opentad-211. Windows of 256 features, of which a quarter is in the
# next one in training, three quarters in testing.
_base_ = ["./_base_/tadtr.py", "../../../configs/_base_/datasets/thumos14.py"]
max_seq_len = 256
model = dict(
    backbone=dict(in_channels=2048, max_seq_len=max_seq_len),
    head=dict(
        num_classes=20,
        nms=dict(method="gaussian", sigma=0.4, min_score=0.0),
        max_per_video=2000,
    ),
    test_window=(max_seq_len, max_seq_len // 4),
)
load, _, pack = _base_.train_dataloader.dataset.pipeline
windows = dict(
    type="TrainingWindows", max_len=max_seq_len, step=3 * max_seq_len // 4, min_overlap=0.75
)
train_dataloader = dict(batch_size=8, dataset=dict(pipeline=[load, windows, pack]))
val_evaluator = test_evaluator = dict(protocol="thumos14/opentad-211")
param_scheduler = [dict(type="MultiStepLR", milestones=[14], gamma=0.1)]
train_cfg = dict(max_epochs=17, val_begin=13)
