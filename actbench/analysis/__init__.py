"""Records to estimates: pure arithmetic on what blocks measured, without input or output.

`estimates` is what the report is made of; `frames` gives the same records as tidy pandas frames, for
notebooks. Neither needs the other, so that a report is printed without loading pandas.
"""
