"""The metrics that tests of trained models are judged by, and the losses that models are trained for."""
