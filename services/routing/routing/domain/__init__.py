"""Decisions: plain Python, no clock, no settings; time and weights are arguments."""
