"""What scripts/docs writes: the reference of all settings, page by page, and the pictures."""
