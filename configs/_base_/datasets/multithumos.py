# THUMOS14's videos and features, with dense labels of 65 classes.
_base_ = "./thumos14.py"
data = dict(
    data_root="data/multithumos/",
    ann_file="multithumos.json",
    features="../thumos/i3d_features",
)
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="multithumos/corrected-212")
