"""The only package that imports TensorFlow; a worker process imports it, and nothing else does."""
