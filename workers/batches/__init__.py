"""The engine of batches: lines are taken from the input, run as jobs, and their outcomes become results."""
