"""Read, check and write results of other systems and files for evaluation servers."""
