"""Training: the `Trainer` face, what goes in and out of it, and the trainers themselves."""
