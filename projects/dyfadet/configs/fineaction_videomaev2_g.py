# Published for protocol fineaction/opentad.
_base_ = "./anet_tsp.py"
max_seq_len = 2304
model = dict(
    backbone=dict(
        in_channels=1408,
        depths=(2, 2, 6),
        max_seq_len=max_seq_len,
        widen=1.3,
        init_std=0.2,
        noise=0.5,
    ),
    head=dict(
        assigner=dict(
            regression_ranges=[(0, 4), *((2**i, 2 ** (i + 1)) for i in range(2, 7)), (128, 10000)]
        ),
        pre_nms_topk=2 * max_seq_len,  # all points of all levels reach NMS
    ),
)
load, pack = dict(type="LoadFeatures"), dict(type="PackInputs")
data = dict(
    data_root="data/fineaction/",
    ann_file="annotations/annotations_gt.json",
    features="features/fineaction_mae_g",
    file_prefix="",
    fps=30,
)
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            load,
            dict(type="OpenTADTruncate", max_len=max_seq_len, min_overlap=0.5),
            pack,
        ],
    )
)
val_dataloader = test_dataloader = dict(
    dataset=dict(**data, pipeline=[load, dict(type="SqueezeLong", length=max_seq_len), pack])
)
val_evaluator = test_evaluator = dict(
    protocol="fineaction/opentad",
    external_scores="data/fineaction/classifiers/"
    "new_swinB_1x1x256_views2x3_max_label_avg_prob.json",
    external_rule="sqrt",
)
