"""The ``mmtal`` command: parsers and printing.

It may import every other folder; none may import it.
"""
