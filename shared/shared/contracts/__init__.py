"""The messages: all that one service may know of another."""
