"""What intake decides: plain Python, no I/O, no clock."""
