# Its RGB features alone.
_base_ = "../../../../configs/_base_/datasets/multithumos.py"
rgb = dict(type="FirstChannels", num_channels=1024)  # the files have RGB, then flow
train = _base_.train_dataloader.dataset.pipeline
test = _base_.test_dataloader.dataset.pipeline
train_dataloader = dict(dataset=dict(pipeline=[train[0], rgb, *train[1:]]))
val_dataloader = test_dataloader = dict(dataset=dict(pipeline=[test[0], rgb, *test[1:]]))
