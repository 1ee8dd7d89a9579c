# Published for protocol thumos14/official-212. By the authors' release, of which this has the
# values; it computes as OpenTAD does.
_base_ = ["./_base_/dyfadet.py", "../../../configs/_base_/datasets/thumos14.py"]
model = dict(
    backbone=dict(in_channels=2048, max_seq_len=_base_.max_seq_len, noise=1e-5, padding="full"),
    head=dict(num_classes=20),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
train_dataloader = dict(dataset=dict(pipeline=[load, dict(truncate, type="Truncate"), pack]))
warmup_epochs = 20
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=warmup_epochs, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=20 + 20)
