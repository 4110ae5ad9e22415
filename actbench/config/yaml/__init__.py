"""YAML as values that remember where they were written."""
