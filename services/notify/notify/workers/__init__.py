"""Claim due rows, commit; call the outside; record."""
