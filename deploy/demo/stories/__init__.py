"""The stories: what customers, buyers, carriers and staff do, and what has to follow from it.

Each tells its facts as they happen and returns what came of it; the demo prints the former, the
flow tests assert on the latter.
"""
