"""What notify does with what it hears."""
