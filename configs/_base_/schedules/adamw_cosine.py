# AdamW; linear warm-up from 0, then cosine to 1e-8, iteration by iteration.
warmup_epochs = 5
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=1e-4, weight_decay=0.05),
    clip_grad=dict(max_norm=1.0, norm_type=2),
    constructor="WeightDecayConstructor",  # decays weights of convolutions and linear layers
)
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(
        type="CosineAnnealingLR",
        begin=warmup_epochs,
        eta_min=1e-8,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, val_interval=5)
val_cfg = {}
test_cfg = {}
# What is evaluated and saved is the moving average of the weights, with decay 0.999.
custom_hooks = [dict(type="EMAHook", momentum=0.001)]
