# CausalTAD as OpenTAD has it: its ActionFormer with other blocks.
_base_ = "../../../opentad_actionformer/configs/_base_/opentad.py"
custom_imports = dict(imports=["projects.causaltad.causaltad"])
model = dict(backbone=dict(_delete_=True, type="CausalNet", embed_channels=512))
