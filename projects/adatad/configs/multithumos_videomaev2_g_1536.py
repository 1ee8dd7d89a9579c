# Published for protocol multithumos/opentad-212: 1,536 frames, two for each step, at 224 pixels.
_base_ = "./multithumos_videomaev2_g.py"
model = dict(backbone=dict(video=dict(adapters=list(range(20, 40)))))
load, truncate, resize, crop, flip, jitter, pack = _base_.train_dataloader.dataset.pipeline
load = dict(load, per_step=2)
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            load, truncate, dict(resize, size=256), dict(crop, size=224), flip, jitter, pack,
        ]
    )
)  # fmt: skip
val_dataloader = test_dataloader = dict(
    dataset=dict(
        pipeline=[
            load, dict(type="ResizeFrames", size=224), dict(type="CropFrames", size=224), pack,
        ]
    )
)  # fmt: skip
