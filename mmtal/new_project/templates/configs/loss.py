# The demo with the regression loss of this project.
_base_ = "../../../configs/actionformer/demo.py"
custom_imports = dict(imports=["projects.my_project.my_project"])

model = dict(head=dict(loss_reg=dict(_delete_=True, type="MyComponent", beta=1.0)))
