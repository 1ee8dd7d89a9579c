# The demo with the head of this project.
_base_ = "../../../configs/actionformer/demo.py"
custom_imports = dict(imports=["projects.my_project.my_project"])

model = dict(head=dict(type="MyComponent", sharpness=1.0))
