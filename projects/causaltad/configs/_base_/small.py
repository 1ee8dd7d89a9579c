# A small CausalTAD for data sets of a few hours, trained without a GPU. Nothing is tuned.
_base_ = "../../../../configs/_base_/small.py"
custom_imports = dict(imports=["projects.causaltad.causaltad"])
model = dict(backbone=dict(_delete_=True, type="CausalNet", embed_channels=96))
