"""Whom intake calls: one outside system a module."""
