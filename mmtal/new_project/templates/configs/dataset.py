# The demo with the data set of this project.
_base_ = "../../../configs/actionformer/demo.py"
custom_imports = dict(imports=["projects.my_project.my_project"])

data = dict(type="MyComponent", max_duration=3600)
train_dataloader = val_dataloader = test_dataloader = dict(dataset=data)
