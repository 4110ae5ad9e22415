"""The steps of each verb, free of the command line.

The verbs `list`, `report`, `schema`, `show` and `validate` only read and print: their commands call the
rooms below directly.
"""
