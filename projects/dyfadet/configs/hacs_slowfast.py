# Published for protocol hacs/opentad.
_base_ = ["./_base_/dyfadet.py", "../../../configs/_base_/datasets/hacs.py"]
max_seq_len = 960
model = dict(
    backbone=dict(
        in_channels=2304,
        embed_channels=1024,
        max_seq_len=max_seq_len,
        window=3,
        widen=1.2,
        hidden=1024,
        init_std=0.1,
        noise=0.2,
        padding="full",
        abs_pos=True,
    ),
    head=dict(
        num_classes=200,  # in training; the external classifier names what is found
        kernel_size=5,
        loss_normalizer=400,
        loss_cls=dict(label_smoothing=0.1),
        nms=dict(sigma=0.75, class_agnostic=True, voting_thr=0.95, voting_weight="score"),
        max_per_video=250,
    ),
)
load, pack = dict(type="LoadFeatures"), dict(type="PackInputs")
data = dict(
    ann_file="annotations/HACS_segments_v1.1.1.json",
    features="features/slowfast101_15fps_stride8_len32_hacs",
    feature_stride=8,
    snippet_frames=32,
    fps=15,
)
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
    protocol="hacs/opentad",
    # made by `mmtal results scores --softmax` of OpenTAD's validation94.32.json
    external_scores="data/hacs/annotations/validation94.32.json",
    external_rule="product",
    top_classes=3,
    top_segments=None,
)
optim_wrapper = dict(optimizer=dict(lr=5e-4), clip_grad=dict(max_norm=0.5))
warmup_epochs = 7
# constant after the warm-up, as OpenTAD's cosine is, which ends at 5e-4
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=14)
