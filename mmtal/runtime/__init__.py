"""Find actions with an exported model: needs NumPy, onnxruntime and numba, not PyTorch or MMEngine.

The parts of prediction that need no PyTorch lie here. Everything but utils may import them.
"""
