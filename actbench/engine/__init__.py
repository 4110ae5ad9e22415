"""The only package that imports TensorFlow; only a worker process loads it."""
