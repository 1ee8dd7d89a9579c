# Published for protocol activitynet13/available-4728: at 224 pixels.
_base_ = "./anet_videomaev2_g.py"
model = dict(backbone=dict(video=dict(adapters=list(range(20, 40)))))
load, spread, resize, crop, flip, jitter, pack = _base_.train_dataloader.dataset.pipeline
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            load, spread, dict(resize, size=256), dict(crop, size=224), flip, jitter, pack,
        ]
    )
)  # fmt: skip
load, spread, resize, crop, pack = _base_.test_dataloader.dataset.pipeline
val_dataloader = test_dataloader = dict(
    dataset=dict(pipeline=[load, spread, dict(resize, size=224), dict(crop, size=224), pack])
)
