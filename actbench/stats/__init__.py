"""Statistics: pure functions of samples, which know no records."""
