# DyFADet as OpenTAD has it: its ActionFormer with another backbone and head.
_base_ = "../../../opentad_actionformer/configs/_base_/opentad.py"
custom_imports = dict(imports=["projects.dyfadet.dyfadet"])
model = dict(
    backbone=dict(_delete_=True, type="DynamicEncoder", embed_channels=512),
    head=dict(type="DynamicHead"),
)
optim_wrapper = dict(optimizer=dict(weight_decay=0.025))
