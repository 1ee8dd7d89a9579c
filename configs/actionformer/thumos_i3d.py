_base_ = [
    "../_base_/models/actionformer.py",
    "../_base_/datasets/thumos14.py",
    "../_base_/schedules/adamw_cosine.py",
    "../_base_/default_runtime.py",
]
model = dict(
    backbone=dict(in_channels=2048, embed_channels=512, window=19, max_seq_len=_base_.max_seq_len),
    head=dict(num_classes=20),
)
train_cfg = dict(max_epochs=5 + 30)
