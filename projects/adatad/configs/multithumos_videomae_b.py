# Published for protocol multithumos/opentad-212.
_base_ = "./multithumos_videomae_s.py"
model = dict(backbone=dict(video=dict(type="videomae_b"), weights="pretrained/videomae_b_k400.pth"))
