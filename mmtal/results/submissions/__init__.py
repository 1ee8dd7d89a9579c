"""Results of other systems, and files for evaluation servers: read, checked and written."""
