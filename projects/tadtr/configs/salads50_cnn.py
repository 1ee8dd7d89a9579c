_base_ = ["./_base_/small.py", "../../../configs/_base_/datasets/salads50.py"]
max_seq_len = 256
model = dict(
    backbone=dict(in_channels=128, max_seq_len=max_seq_len),
    head=dict(num_classes=17),
    test_window=(max_seq_len, max_seq_len // 4),
)
load, _, pack = _base_.train_dataloader.dataset.pipeline
windows = dict(type="TrainingWindows", max_len=max_seq_len, step=max_seq_len // 4, min_overlap=0.75)
train_dataloader = dict(batch_size=8, dataset=dict(pipeline=[load, windows, pack]))
