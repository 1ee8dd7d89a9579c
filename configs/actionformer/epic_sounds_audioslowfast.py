# The baseline of the EPIC-Sounds detection challenge (epic-kitchens/C10-epic-sounds-detection).
_base_ = [
    "../_base_/models/actionformer.py",
    "../_base_/datasets/epic_sounds.py",
    "../_base_/schedules/adamw_cosine.py",
    "../_base_/default_runtime.py",
]
model = dict(
    backbone=dict(in_channels=2304, embed_channels=512, window=9, max_seq_len=_base_.max_seq_len),
    head=dict(
        num_classes=44,
        loss_normalizer=250,
        loss_cls=dict(label_smoothing=0.1),
        assigner=dict(regression_ranges=[(0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 10000)]),
        pre_nms_topk=5000,
        nms=dict(sigma=0.4),
        max_per_video=2000,
    ),
)
train_cfg = dict(max_epochs=5 + 16)
