# Published for protocol hacs/opentad.
_base_ = ["./_base_/actionmamba.py", "../../../configs/_base_/datasets/hacs.py"]
max_seq_len = 2304
model = dict(
    backbone=dict(
        in_channels=3200, embed_channels=256, abs_pos=True, padding="full", max_seq_len=max_seq_len
    ),
    head=dict(
        num_classes=1,  # proposals; the external classifier names them
        loss_normalizer=400,
        loss_cls=dict(label_smoothing=0.1),
        score_thr=0.0,
        nms=dict(sigma=0.75, class_agnostic=True, voting_thr=0.7, voting_weight="score"),
        max_per_video=100,
    ),
)
data = dict(
    ann_file="annotations/HACS_segments_v1.1.1.json",
    features="hacs_6b",
    file_prefix="v_",
    file_ext="_spatial_pool_feature_6.pt",
    feature_stride=8,
    snippet_frames=16,
    fps=30,
)
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            dict(type="LoadFeatures"),
            dict(type="OpenTADTruncate", max_len=max_seq_len, min_overlap=0.5),
            dict(type="ChannelDropout", prob=0.1),
            dict(type="PackInputs"),
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(
    protocol="hacs/opentad",
    external_scores="data/hacs/annotations/"
    "hacs_UMTv2_6B_k710+K40_f16_frozenTuning.json_converted.json",
    external_rule="product",
)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_cfg = dict(max_epochs=5 + 20)
