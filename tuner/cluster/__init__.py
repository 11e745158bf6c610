"""Starting workers and watching over them."""
