# Published for protocol epic100/noun-opentad.
_base_ = "./epic_slowfast_verb.py"
model = dict(head=dict(num_classes=293, loss_cls=dict(label_smoothing=0.1)))
data = dict(
    ann_file="annotations/epic_kitchens_100_noun.json",
    classes="occurring",  # 293 of the 300 nouns
)
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
val_evaluator = test_evaluator = dict(protocol="epic100/noun-opentad")
