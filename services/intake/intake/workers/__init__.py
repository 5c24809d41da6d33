"""What intake does without being asked."""
