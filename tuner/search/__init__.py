"""The search itself, on Optuna: suggesting, sampling, pruning, storing, and the ask-and-tell loop."""
