"""Statistics as pure functions of samples; nothing here knows runs or records."""
