"""The keys of a config, section by section."""
