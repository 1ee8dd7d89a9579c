# ActionFormer (Zhang et al., ECCV 2022). A recipe adds widths, lengths, classes and ranges.
model = dict(
    type="TemporalLocalizer",
    backbone=dict(
        type="ConvTransformer",
        depths=(2, 2, 5),  # embedding convolutions, stem blocks, branch blocks
        num_heads=4,
        drop_path=0.1,
    ),
    neck=dict(type="IdentityNeck"),
    head=dict(
        type="AnchorFreeHead",
        prior_prob=0.01,
        loss_normalizer=100,
        assigner=dict(
            type="CenterAssigner",
            center_radius=1.5,
            regression_ranges=[(0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000)],
        ),
        loss_cls=dict(type="FocalLoss", label_smoothing=0.0),
        loss_reg=dict(type="DIoULoss", loss_weight=1.0),
        score_thr=0.001,
        pre_nms_topk=2000,
        min_duration=0.05,
        nms=dict(method="gaussian", sigma=0.5, min_score=0.001),
        max_per_video=200,
    ),
)
