"""The command line: one command a file, which parses, calls one action, and shows the answer."""
