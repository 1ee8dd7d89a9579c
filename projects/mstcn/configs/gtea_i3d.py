# The release's recipe on its own features. Published for protocol gtea/ms-tcn.
_base_ = "./gtea_cnn.py"
model = dict(backbone=dict(in_channels=2048))
data = dict(features="features")
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
