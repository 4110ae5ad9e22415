"""Activation functions: the catalogue, the language of expressions, and their curves."""
