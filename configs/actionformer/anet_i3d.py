_base_ = "./anet_tsp.py"
model = dict(backbone=dict(in_channels=2048))
data = dict(
    ann_file="annotations/anet1.3_i3d_filtered.json",
    features="i3d_features",
    fps=25,
)
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
