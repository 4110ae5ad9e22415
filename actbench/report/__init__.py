"""Figures to documents, and documents to formats."""
