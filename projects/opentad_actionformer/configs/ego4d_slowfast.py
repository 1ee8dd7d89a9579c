# Published for protocol ego4d-mq/opentad.
_base_ = ["./_base_/opentad.py", "../../../configs/_base_/datasets/ego4d.py"]
model = dict(
    backbone=dict(
        in_channels=2304,
        embed_channels=512,
        depths=(2, 2, 8),
        window=[9, 9, 9, 9, 9, 9, -1, -1, -1],
        abs_pos=True,
        dropout=0.1,
        max_seq_len=_base_.max_seq_len,
    ),
    head=dict(
        num_classes=110,
        assigner=dict(
            type="AllInstancesAssigner",
            regression_ranges=[(0, 4), *((2**i, 2 ** (i + 2)) for i in range(1, 8)), (256, 10000)],
        ),
        pre_nms_topk=5000,
        nms=dict(sigma=2.0),
    ),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
data = dict(features="slowfast_features", classes="alphabetical")
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            load,
            dict(truncate, type="OpenTADTruncate"),
            dict(type="ChannelDropout", prob=0.2),
            pack,
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="ego4d-mq/opentad")
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=5, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=5, end=25, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=20)  # before the cosine is at its end
