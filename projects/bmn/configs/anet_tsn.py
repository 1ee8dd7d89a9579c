# Published for protocol activitynet13/available-4728.
_base_ = "./anet_tsp.py"
model = dict(backbone=dict(in_channels=400))
data = dict(features="tsn_features")
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
