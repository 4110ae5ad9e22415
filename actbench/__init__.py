"""actbench: which activation function, and at what cost?"""
