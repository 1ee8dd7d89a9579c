# Published for protocol fineaction/opentad.
_base_ = "./anet_tsp.py"
model = dict(backbone=dict(in_channels=1280))
data = dict(
    data_root="data/fineaction/",
    ann_file="annotations/annotations_gt.json",
    features="features/intervideo_mae_huge_k700_stride16_len16_fineaction",
    file_prefix="",
    fps=30,  # of no consequence: the features divide each recording's duration
)
train_dataloader = dict(
    dataset=dict(
        **data,
        pipeline=[
            transform
            for transform in _base_.train_dataloader.dataset.pipeline
            if transform.type != "ChannelDropout"
        ],
    )
)
val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(
    protocol="fineaction/opentad",
    external_scores="data/fineaction/classifiers/"
    "new_swinB_1x1x256_views2x3_max_label_avg_prob.json",
    external_rule="sqrt",
)
train_cfg = dict(max_epochs=5 + 15)
