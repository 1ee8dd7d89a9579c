# Published for protocol epic-sounds/opentad.
_base_ = ["./_base_/causaltad.py", "../../../configs/_base_/datasets/epic_sounds.py"]
max_seq_len = 6144
model = dict(
    backbone=dict(
        in_channels=2304,
        depths=(2, 2, 6),
        expand=1,
        abs_pos=True,
        max_seq_len=max_seq_len,
    ),
    head=dict(
        num_classes=44,
        loss_normalizer=250,
        assigner=dict(
            regression_ranges=[(0, 4), *((2**i, 2 ** (i + 2)) for i in range(1, 6)), (64, 10000)]
        ),
        loss_cls=dict(label_smoothing=0.1),
        loss_reg=dict(loss_weight=0.5),
        pre_nms_topk=5000,
        nms=dict(sigma=0.4),
    ),
    test_window=(max_seq_len, max_seq_len // 2),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            load,
            dict(truncate, type="OpenTADTruncate", max_len=max_seq_len),
            dict(type="ChannelDropout", prob=0.2),
            pack,
        ]
    )
)
val_evaluator = test_evaluator = dict(protocol="epic-sounds/opentad")
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=5, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=5, end=30, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=25)  # before the cosine is at its end
