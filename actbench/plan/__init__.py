"""The plan of a run: the settings, blocks and cells that a config makes."""
