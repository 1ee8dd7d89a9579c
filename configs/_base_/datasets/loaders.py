# What the data of every benchmark share.
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    collate_fn=dict(type="pseudo_collate"),
    dataset=dict(type="TemporalDataset"),
)
val_dataloader = test_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False),
    collate_fn=dict(type="pseudo_collate"),
    dataset=dict(
        type="TemporalDataset",
        test_mode=True,
        pipeline=[dict(type="LoadFeatures"), dict(type="PackInputs")],
    ),
)
val_evaluator = test_evaluator = dict(type="TemporalMAP")
