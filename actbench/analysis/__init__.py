"""Records to figures with intervals and verdicts: pure arithmetic without input or output."""
