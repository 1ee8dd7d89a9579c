# Published for protocol charades/opentad-1863.
_base_ = ["./_base_/opentad.py", "../../../configs/_base_/datasets/charades.py"]
model = dict(
    backbone=dict(
        in_channels=1024,
        embed_channels=512,
        depths=(2, 2, 6),
        window=-1,
        abs_pos=True,
        max_seq_len=_base_.max_seq_len,
    ),
    head=dict(
        num_classes=157,
        assigner=dict(
            regression_ranges=[(0, 4), *((2**i, 2 ** (i + 1)) for i in range(2, 7)), (128, 10000)]
        ),
        nms=dict(sigma=0.3),
        max_per_video=1000,
    ),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
data = dict(features="features/i3d_charades_finetuned_stride8", classes="alphabetical")
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        **data,
        pipeline=[
            load,
            dict(truncate, type="OpenTADTruncate"),
            dict(type="ChannelDropout", prob=0.3),
            pack,
        ],
    ),
)
val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="charades/opentad-1863")
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=5, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=5, end=20, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=15)  # before the cosine is at its end
