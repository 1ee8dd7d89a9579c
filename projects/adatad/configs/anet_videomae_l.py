# Published for protocol activitynet13/available-4728.
_base_ = "./anet_videomae_s.py"
model = dict(backbone=dict(video=dict(type="videomae_l"), weights="pretrained/videomae_l_k400.pth"))
