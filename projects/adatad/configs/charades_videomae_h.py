# Published for protocol charades/opentad-1863.
_base_ = "./charades_videomae_s.py"
model = dict(backbone=dict(video=dict(type="videomae_h"), weights="pretrained/videomae_h_k400.pth"))
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=1e-4)))
