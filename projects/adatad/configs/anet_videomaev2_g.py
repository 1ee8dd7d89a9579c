# Published for protocol activitynet13/available-4728.
_base_ = "./anet_videomae_s.py"
model = dict(
    backbone=dict(video=dict(type="videomaev2_g"), weights="pretrained/videomaev2_g_k710.pth")
)
