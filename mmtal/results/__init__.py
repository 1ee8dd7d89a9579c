"""Results files of every system, their table form, fusion and submissions.

Evaluation, and all that evaluates, may import them.
"""
