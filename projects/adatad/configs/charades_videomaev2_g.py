# Published for protocol charades/opentad-1863.
_base_ = "./charades_videomae_s.py"
model = dict(
    backbone=dict(video=dict(type="videomaev2_g"), weights="pretrained/videomaev2_g_k710.pth")
)
optim_wrapper = dict(paramwise_cfg=dict(video=dict(lr=8e-5)))
