"""The parent's side of measuring: worker processes, and the messages they exchange."""
