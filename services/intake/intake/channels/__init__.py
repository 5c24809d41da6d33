"""Ways in for messages: one vendor a module. Each verifies what came and reads it."""
