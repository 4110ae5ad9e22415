"""Checks between the sections of a config."""
