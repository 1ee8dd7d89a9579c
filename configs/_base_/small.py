# A 1.7 M-parameter ActionFormer for data sets of a few hours, trained in minutes without a GPU.
_base_ = [
    "./models/actionformer.py",
    "./schedules/adamw_cosine.py",
    "./default_runtime.py",
]
warmup_epochs = 3
model = dict(backbone=dict(embed_channels=128, window=9))
optim_wrapper = dict(optimizer=dict(lr=5e-4))
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(
        type="CosineAnnealingLR",
        begin=warmup_epochs,
        eta_min=1e-8,
        convert_to_iter_based=True,
    ),
]
# An average with decay 0.999 lags behind a run of a few hundred steps: report the last weights.
custom_hooks = []
