"""What a user may configure, and how a YAML file becomes a checked config."""
