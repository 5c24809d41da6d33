"""Tells the customer, in his own language, once."""
