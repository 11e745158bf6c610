"""Sweep files: several studies, each as its file has it or stated otherwise, that are searched as one."""
