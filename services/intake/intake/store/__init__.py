"""Intake's tables and every query on them. Every function takes an open transaction first."""
