"""From a config to settings, blocks and cells."""
