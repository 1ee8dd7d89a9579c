# The small ActionFormer with a feature pyramid, whose finest level gives each moment one class.
_base_ = "./small.py"
model = dict(
    neck=dict(type="FPN", out_channels=128),
    head=dict(_delete_=True, type="SegmentationHead"),
)
