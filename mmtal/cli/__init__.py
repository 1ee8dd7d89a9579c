"""The ``mmtal`` command: parsers and printing; imports every other folder, is imported by none."""
