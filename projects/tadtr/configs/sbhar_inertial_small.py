_base_ = ["./_base_/small.py", "../../../configs/_base_/datasets/sbhar.py"]
max_seq_len = 128
model = dict(
    backbone=dict(in_channels=150, max_seq_len=max_seq_len),
    head=dict(num_classes=12),
    test_window=(max_seq_len, max_seq_len // 4),
)
# half a window apart: about as many windows an epoch as 50 Salads has
load, _, pack = _base_.train_dataloader.dataset.pipeline
windows = dict(type="TrainingWindows", max_len=max_seq_len, step=max_seq_len // 2, min_overlap=0.75)
train_dataloader = dict(batch_size=8, dataset=dict(pipeline=[load, windows, pack]))
