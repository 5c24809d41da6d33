"""What notify decides: who is told what, in which language, and what becomes of an attempt."""
