"""Records of what was planned and measured: immutable, raw, versioned."""
