"""What this service does with what it hears."""
