"""What returns does: one module per kind of cause."""
