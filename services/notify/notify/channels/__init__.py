"""The ways out: one vendor or protocol a file."""
