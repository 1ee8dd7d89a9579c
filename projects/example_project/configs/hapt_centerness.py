# The demo with the head and the transform of this project.
_base_ = "../../../configs/actionformer/demo.py"
custom_imports = dict(imports=["projects.example_project.example_project"])

model = dict(head=dict(type="CenternessHead", quality_weight=1.0))

# A list is replaced as a whole, so the demo's own is taken and added to.
pipeline = _base_.train_dataloader.dataset.pipeline
pipeline.insert(1, dict(type="RandomSpeed", low=0.9, high=1.1))
train_dataloader = dict(dataset=dict(pipeline=pipeline))
