"""The stories: the whole system, from the front doors to the customers."""
