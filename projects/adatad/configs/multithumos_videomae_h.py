# Published for protocol multithumos/opentad-212.
_base_ = "./multithumos_videomae_s.py"
model = dict(backbone=dict(video=dict(type="videomae_h"), weights="pretrained/videomae_h_k400.pth"))
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=1e-4)))
