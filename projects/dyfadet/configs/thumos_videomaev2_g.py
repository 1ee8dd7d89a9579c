# Published for protocol thumos14/opentad-211.
_base_ = ["./_base_/dyfadet.py", "../../../configs/_base_/datasets/thumos14.py"]
model = dict(
    backbone=dict(in_channels=1408, max_seq_len=_base_.max_seq_len, noise=1e-5, drop_path=0.005),
    head=dict(num_classes=20, nms=dict(sigma=0.5)),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
data = dict(
    features="videomaev2-giant_k710_16x4x1_img224_stride4_len16_interval1_thumos",
    snippet_frames=4,  # a feature is at the middle of its four frames, as in OpenTAD
)
train_dataloader = dict(
    dataset=dict(**data, pipeline=[load, dict(truncate, type="OpenTADTruncate"), pack])
)
val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="thumos14/opentad-211")
warmup_epochs = 20
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(
        type="CosineAnnealingLR",
        begin=warmup_epochs,
        end=60,
        eta_min=1e-8,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(max_epochs=45)  # before the cosine is at its end
