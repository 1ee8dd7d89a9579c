_base_ = "./epic_slowfast_verb.py"
num_classes = 300
model = dict(
    backbone=dict(full_padding=True),
    neck=dict(norm="group"),
    head=dict(num_classes=num_classes),
)
data = dict(ann_file="annotations/epic_kitchens_100_noun.json", classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
