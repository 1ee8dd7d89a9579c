# Published for protocol hacs/opentad.
_base_ = ["./_base_/opentad.py", "../../../configs/_base_/datasets/hacs.py"]
max_seq_len = 960
model = dict(
    backbone=dict(
        in_channels=2304,
        embed_channels=256,
        window=[13, 13, 13, 13, 13, -1],
        abs_pos=True,
        max_seq_len=max_seq_len,
    ),
    head=dict(
        num_classes=1,  # proposals; the external classifier names them
        loss_normalizer=400,
        loss_cls=dict(label_smoothing=0.1),
        score_thr=0.0,
        nms=dict(sigma=0.75),
        max_per_video=100,
    ),
)
data = dict(
    ann_file="annotations/HACS_segments_v1.1.1.json",
    features="features/slowfast101_15fps_stride8_len32_hacs",
    feature_stride=8,
    snippet_frames=32,
    fps=15,
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
    # made by tools/convert_scores.py --softmax of OpenTAD's validation94.32.json
    external_scores="data/hacs/annotations/validation94.32.json",
    external_rule="product",
    top_classes=3,
)
optim_wrapper = dict(optimizer=dict(lr=1e-3, weight_decay=0.03))
train_cfg = dict(max_epochs=5 + 10)
