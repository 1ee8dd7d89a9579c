_base_ = "../../../configs/actionformer/demo.py"
custom_imports = dict(imports=["projects.my_project.my_project"])
