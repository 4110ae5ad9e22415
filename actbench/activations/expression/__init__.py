"""A small language for activation functions: arithmetic in x, parsed but never executed as Python."""
