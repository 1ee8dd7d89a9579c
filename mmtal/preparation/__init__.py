"""Getting a data set ready: import annotations, verify the data, suggest a config."""
