# Published for protocol activitynet13/available-4728.
_base_ = ["./_base_/dyfadet.py", "../../../configs/_base_/datasets/activitynet13.py"]
max_seq_len = 768
model = dict(
    backbone=dict(
        in_channels=512,
        embed_channels=256,
        max_seq_len=max_seq_len,
        window=15,
        widen=1.2,
        hidden=2048,
        init_std=0.15,
        noise=0.7,
        padding="full",
        abs_pos=True,
    ),
    head=dict(
        num_classes=1,  # proposals; the external classifier names them
        channels=512,
        loss_normalizer=400,
        loss_cls=dict(label_smoothing=0.1),
        score_thr=0.0,
        nms=dict(sigma=0.7, class_agnostic=True, voting_thr=0.95, voting_weight="score"),
        max_per_video=200,
    ),
)
load, pack = dict(type="LoadFeatures"), dict(type="PackInputs")
data = dict(ann_file="annotations/anet1.3_tsp_filtered.json", features="tsp_features", fps=15)
train_dataloader = dict(
    batch_size=8,
    dataset=dict(
        **data,
        pipeline=[
            load,
            dict(type="OpenTADTruncate", max_len=max_seq_len, min_overlap=0.5),
            pack,
        ],
    ),
)
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, pipeline=[load, dict(type="SqueezeLong", length=max_seq_len), pack])
)
val_evaluator = test_evaluator = dict(
    protocol="activitynet13/available-4728",
    # of InternVideo (from the release of DyFADet)
    external_scores="data/anet_1.3/classifiers/"
    "new_3ensemble_uniformerv2_large_only_global_anet_16x10x3.json",
    external_rule="sqrt",
)
optim_wrapper = dict(optimizer=dict(lr=5e-4), clip_grad=dict(max_norm=0.4))
warmup_epochs = 10
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=warmup_epochs, eta_min=5e-5, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=16)
