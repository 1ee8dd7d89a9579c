# Published for protocol ego4d-mq/opentad.
_base_ = ["./_base_/causaltad.py", "../../../configs/_base_/datasets/ego4d.py"]
max_seq_len = 2506  # of features every 8 frames: no clip is longer
model = dict(
    backbone=dict(in_channels=1024, depths=(2, 2, 9), abs_pos=True, max_seq_len=max_seq_len),
    head=dict(
        num_classes=110,
        assigner=dict(
            type="AllInstancesAssigner",
            regression_ranges=[(0, 4), *((2**i, 2 ** (i + 2)) for i in range(1, 9)), (512, 10000)],
        ),
        loss_reg=dict(loss_weight=0.2),
        pre_nms_topk=5000,
        nms=dict(sigma=2.0),
    ),
    test_window=(max_seq_len, max_seq_len),
)
load, truncate, pack = _base_.train_dataloader.dataset.pipeline
data = dict(
    features="videomae_large_internvideo_img256_stride8_len16_interval1_ego4d",
    feature_stride=8,
    snippet_frames=8,
    classes="alphabetical",
)
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            load,
            dict(truncate, type="OpenTADTruncate", max_len=max_seq_len),
            dict(type="ChannelDropout", prob=0.2),
            pack,
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="ego4d-mq/opentad")
train_cfg = dict(max_epochs=5 + 20)
