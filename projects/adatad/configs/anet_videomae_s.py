# Published for protocol activitynet13/available-4728.
_base_ = ["./_base_/adatad.py", "../../../configs/_base_/datasets/activitynet13.py"]
length = 192  # steps of every video, with four pictures each
model = dict(
    backbone=dict(
        weights="pretrained/videomae_s_k400.pth",
        features=dict(embed_channels=256, abs_pos=True, max_seq_len=length),
    ),
    head=dict(
        num_classes=1,  # proposals; the external classifier names them
        loss_normalizer=200,
        loss_cls=dict(label_smoothing=0.1),
        loss_reg=dict(loss_weight=2.0),
        score_thr=0.0,
        nms=dict(sigma=0.7, class_agnostic=True, voting_thr=0.9, voting_weight="score"),
        max_per_video=100,
    ),
)
load, pack = dict(type="LoadFrames", per_step=4), dict(type="PackInputs")
spread = dict(type="OpenTADResize", length=length)
data = dict(
    ann_file="annotations/anet1.3_tsp_filtered.json",
    features="videos",
    file_ext=".mp4",
    fps=16,  # a step a second, until they are spread
)
train_dataloader = dict(
    dataset=dict(**data, pipeline=[load, dict(spread, min_overlap=1e-6), *_base_.augment, pack]),
)
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, pipeline=[load, spread, *_base_.middle, pack])
)
val_evaluator = test_evaluator = dict(
    protocol="activitynet13/available-4728",
    external_scores="data/anet_1.3/annotations/cuhk_val_simp_7.json",
    external_rule="product",
)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_cfg = dict(max_epochs=5 + 10, val_begin=8, val_interval=1)
