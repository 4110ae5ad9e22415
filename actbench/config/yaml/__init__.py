"""YAML as the configs use it: read into a tree with positions, and written."""
