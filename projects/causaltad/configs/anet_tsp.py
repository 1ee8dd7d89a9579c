# Published for protocol activitynet13/available-4728.
_base_ = ["./_base_/causaltad.py", "../../../configs/_base_/datasets/activitynet13.py"]
max_seq_len = 192
model = dict(
    backbone=dict(in_channels=512, embed_channels=256, abs_pos=True, max_seq_len=max_seq_len),
    head=dict(
        num_classes=1,  # proposals; the external classifier names them
        loss_normalizer=200,
        loss_cls=dict(label_smoothing=0.1),
        loss_reg=dict(loss_weight=2.0),
        score_thr=0.0,
        nms=dict(sigma=0.75, class_agnostic=True, voting_thr=0.9, voting_weight="score"),
        max_per_video=100,
    ),
)
load, pack = dict(type="LoadFeatures"), dict(type="PackInputs")
resize = dict(type="OpenTADResize", length=max_seq_len)
data = dict(ann_file="annotations/anet1.3_tsp_filtered.json", features="tsp_features", fps=15)
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            load,
            dict(resize, min_overlap=1e-6),
            dict(type="OpenTADTruncate", max_len=max_seq_len, min_overlap=0.5),
            dict(type="ChannelDropout", prob=0.2),
            pack,
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=dict(**data, pipeline=[load, resize, pack]))
val_evaluator = test_evaluator = dict(
    protocol="activitynet13/available-4728",
    external_scores="data/anet_1.3/annotations/cuhk_val_simp_7.json",
    external_rule="product",
)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_cfg = dict(max_epochs=5 + 10)
