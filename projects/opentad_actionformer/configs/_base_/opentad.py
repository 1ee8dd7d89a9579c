# ActionFormer as OpenTAD has it. Its networks are not the official release's: norms with another
# eps, and no trace of a norm's bias in the padding. the project's README lists all that differs.
_base_ = [
    "../../../../configs/_base_/models/actionformer.py",
    "../../../../configs/_base_/schedules/adamw_cosine.py",
    "../../../../configs/_base_/default_runtime.py",
]
custom_imports = dict(imports=["projects.opentad_actionformer.opentad_actionformer"])
model = dict(
    backbone=dict(type="OpenTADTransformer"),
    neck=dict(type="OpenTADNeck"),
    head=dict(type="OpenTADHead", min_duration=None, max_per_video=2000),
)
randomness = dict(seed=42)
