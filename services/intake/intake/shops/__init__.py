"""Ways in for orders: one vendor a module. Each verifies what came and reads it."""
