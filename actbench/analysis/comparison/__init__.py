"""The comparison of two runs: what changed from one to the other."""
