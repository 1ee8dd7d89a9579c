# ActivityNet-1.3 without external scores: the model itself names the segments.
_base_ = "./anet_tsp.py"
model = dict(
    head=dict(
        num_classes=200,
        nms=dict(class_agnostic=False, voting_thr=None),  # one class has too few neighbors
    ),
)
val_evaluator = test_evaluator = dict(external_scores=None)
