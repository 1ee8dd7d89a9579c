# The demo with the metric of this project beside its own.
_base_ = "../../../configs/actionformer/demo.py"
custom_imports = dict(imports=["projects.my_project.my_project"])

val_evaluator = test_evaluator = [_base_.val_evaluator, dict(type="MyComponent")]
