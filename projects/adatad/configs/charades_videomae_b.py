# Published for protocol charades/opentad-1863.
_base_ = "./charades_videomae_s.py"
model = dict(backbone=dict(video=dict(type="videomae_b"), weights="pretrained/videomae_b_k400.pth"))
