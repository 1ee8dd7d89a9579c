# Average recall of anet_tsn's model: test its checkpoint with this config.
_base_ = "./anet_tsn.py"
model = dict(
    head=dict(
        boundary_scores=True,
        late_nms=(0.5, 0.4, _base_.max_seq_len),
        nms=dict(sigma=0.4, min_score=0.0),
    )
)
val_evaluator = test_evaluator = [
    dict(type="TemporalMAP", protocol="activitynet13/available-4728", class_agnostic=True),
    dict(type="AverageRecall"),
]
