# Published for protocol multithumos/opentad-212.
_base_ = ["./_base_/actionmamba.py", "../../../configs/_base_/datasets/multithumos.py"]
model = dict(
    backbone=dict(in_channels=3200, depths=(3, 0, 5), max_seq_len=_base_.max_seq_len),
    head=dict(num_classes=65, pre_nms_topk=8000, max_per_video=8000),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
data = dict(
    features="../thumos/thumos14_6b", file_ext="_spatial_feature.pt", classes="alphabetical"
)
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            load,
            dict(truncate, type="OpenTADTruncate"),
            dict(type="ChannelDropout", prob=0.1),
            pack,
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="multithumos/opentad-212")
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=5, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=5, end=65, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=55)  # before the cosine is at its end
