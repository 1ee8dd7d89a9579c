# Published for protocol fineaction/opentad.
_base_ = ["./_base_/actionmamba.py", "../../../configs/_base_/datasets/loaders.py"]
max_seq_len = 2304
model = dict(
    backbone=dict(in_channels=1408, depths=(2, 2, 7), max_seq_len=max_seq_len),
    head=dict(
        num_classes=106,
        assigner=dict(
            regression_ranges=[(0, 4), *((2**i, 2 ** (i + 1)) for i in range(2, 8)), (256, 10000)]
        ),
        nms=dict(sigma=0.75),
        max_per_video=200,
    ),
)
load, stride, pack = (
    dict(type="LoadFeatures"),
    dict(type="TemporalStride", factor=2),
    dict(type="PackInputs"),
)
data = dict(
    data_root="data/fineaction/",
    ann_file="annotations/annotations_gt.json",
    features="features/fineaction_1b",
    file_ext="_spatial_pool_feature_5.pt",
    feature_stride=4,
    snippet_frames=16,
    fps=30,
    classes="alphabetical",
    bad_segments="keep",
    check_duration=False,
    remove_duplicates=True,
)
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        **data,
        subset="training",
        pipeline=[
            load,
            stride,
            dict(type="OpenTADTruncate", max_len=max_seq_len, min_overlap=0.5),
            dict(type="ChannelDropout", prob=0.1),
            pack,
        ],
    ),
)
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, subset="validation", pipeline=[load, stride, pack])
)
val_evaluator = test_evaluator = dict(protocol="fineaction/opentad")
optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_cfg = dict(max_epochs=5 + 20)
