_base_ = "./epic_slowfast_verb.py"
num_classes = 300
model = dict(
    backbone=dict(window=1, window_ratio=4),
    head=dict(num_classes=num_classes, loss_cls=dict(label_smoothing=0.1)),
)
data = dict(ann_file="annotations/epic_kitchens_100_noun.json", classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
warmup_epochs = 5
param_scheduler = [
    dict(type="LinearLR", start_factor=1e-9, end=warmup_epochs, convert_to_iter_based=True),
    dict(type="CosineAnnealingLR", begin=warmup_epochs, eta_min=1e-8, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=warmup_epochs + 14)
