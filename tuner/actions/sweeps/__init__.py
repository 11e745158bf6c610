"""Sweeps: several studies that are searched as one, by one command that may be started at any time, and twice."""
