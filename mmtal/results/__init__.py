"""Results files of every system, their table form, fusion and submissions."""
