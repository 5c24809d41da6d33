"""Routing's tables and every query on them. Every function takes the transaction first."""
