"""What goes on without being asked: the dispatchers."""
