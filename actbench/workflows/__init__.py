"""The steps of each verb, free of the command line.

Verbs that only read and print (`list`, `report`, `schema`, `show`, `validate`) have no steps of their own: the
commands call the rooms below directly.
"""
