"""What returns decides: plain functions over plain values; the time is an argument."""
