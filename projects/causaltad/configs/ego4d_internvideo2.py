# Published for protocol ego4d-mq/opentad.
_base_ = "./ego4d_internvideo1.py"
model = dict(backbone=dict(in_channels=1408))
data = dict(features="internvideo2_1b_mq_ft_img224_stride8_len16_interval1_ego4d")
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
