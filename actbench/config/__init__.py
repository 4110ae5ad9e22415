"""The configuration: the keys that a user may write, and how a YAML file becomes a checked config."""
