"""What one can do with tuner, one action a file: the public Python API, and the one place where all rooms meet."""
