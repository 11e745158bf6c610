"""What was found, and what will be tried, for a person to look at: plots and the dashboard.

Each module here brings a heavy library of its own, so nothing is imported ahead of its use.
"""
