# The demo with the backbone of this project.
_base_ = "../../../configs/actionformer/demo.py"
custom_imports = dict(imports=["projects.my_project.my_project"])

demo = _base_.model.backbone
model = dict(
    backbone=dict(
        _delete_=True,
        type="MyComponent",
        in_channels=demo.in_channels,
        embed_channels=demo.embed_channels,
        max_seq_len=demo.max_seq_len,
    )
)
