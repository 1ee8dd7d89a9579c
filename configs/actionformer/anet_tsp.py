_base_ = [
    "../_base_/models/actionformer.py",
    "../_base_/datasets/activitynet13.py",
    "../_base_/schedules/adamw_cosine.py",
    "../_base_/default_runtime.py",
]
model = dict(
    backbone=dict(
        in_channels=512,
        embed_channels=256,
        window=[7, 7, 7, 7, 7, -1],
        abs_pos=True,
        max_seq_len=_base_.max_seq_len,
    ),
    head=dict(
        num_classes=1,  # proposals; the external classifier names them
        loss_normalizer=200,
        loss_cls=dict(label_smoothing=0.1),
        loss_reg=dict(loss_weight=2.0),
        min_duration=0.001,
        nms=dict(sigma=0.75, class_agnostic=True, voting_thr=0.9),
        max_per_video=100,
    ),
)
data = dict(
    ann_file="annotations/anet1.3_tsp_filtered.json",
    features="tsp_features",
    fps=15,
)
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_cfg = dict(max_epochs=5 + 10)
