"""notify's tables and every query on them. Every function takes `tx` first and never commits."""
