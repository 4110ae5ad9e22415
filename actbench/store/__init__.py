"""Run folders on disk: what was planned, and one durable line for every finished block."""
