"""What intake does with what comes: each function takes an open transaction."""
