"""What was planned and measured: immutable, raw, versioned."""
