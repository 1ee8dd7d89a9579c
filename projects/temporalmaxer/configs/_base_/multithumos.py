# THUMOS14's videos and features, with dense labels of 65 classes.
_base_ = "../../../../configs/_base_/datasets/thumos14.py"
data = dict(
    data_root="data/multithumos/",
    ann_file="multithumos.json",
    features="../thumos/i3d_features",
)
rgb = dict(type="FirstChannels", num_channels=1024)  # the files have RGB, then flow
train = _base_.train_dataloader.dataset.pipeline
test = _base_.test_dataloader.dataset.pipeline
train_dataloader = dict(dataset=dict(**data, pipeline=[train[0], rgb, *train[1:]]))
val_dataloader = test_dataloader = dict(dataset=dict(**data, pipeline=[test[0], rgb, *test[1:]]))
val_evaluator = test_evaluator = dict(protocol="multithumos/corrected-212")
