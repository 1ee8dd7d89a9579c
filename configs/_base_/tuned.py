# What the tuned recipes share beyond the small model: one level less, dropout, averaged weights.
_base_ = "./small.py"
model = dict(
    backbone=dict(depths=(2, 2, 4), dropout=0.2),
    head=dict(
        assigner=dict(regression_ranges=[(0, 4), (4, 8), (8, 16), (16, 32), (32, 10000)]),
    ),
)
# The average looks back over some 50 steps.
custom_hooks = [dict(type="EMAHook", momentum=0.02)]
