# A small ActionMamba for data sets of a few hours, trained without a GPU. Nothing is tuned.
_base_ = "../../../../configs/_base_/small.py"
custom_imports = dict(imports=["projects.actionmamba.actionmamba"])
model = dict(backbone=dict(_delete_=True, type="ActionMamba", embed_channels=128))
