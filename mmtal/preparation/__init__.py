"""Getting a data set ready: import annotations, verify the data, suggest a config.

Results (for foreign tables and names), experiments and cli may import it.
"""
