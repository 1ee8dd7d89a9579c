# Published for protocol thumos14/opentad-211.
_base_ = "./thumos_videomae_s.py"
model = dict(backbone=dict(video=dict(type="videomae_l"), weights="pretrained/videomae_l_k400.pth"))
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=1e-4)))
