# Published for protocol thumos14/opentad-211: 1,536 frames, two for each step, at 224 pixels.
_base_ = "./thumos_videomaev2_g.py"
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
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=2e-4)))  # as its base, S, has it
train_cfg = dict(max_epochs=50, val_begin=37)
