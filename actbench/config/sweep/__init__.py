"""Settings of a sweep and candidates of a tuning."""
