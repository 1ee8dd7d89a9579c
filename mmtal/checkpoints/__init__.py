"""Safe reading of checkpoints, parameter names, and the bridge to and from other codebases.

All that reads weights or foreign files may import it.
"""
