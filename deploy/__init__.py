"""How Meridian runs: on one machine for work and tests, and as a demonstration."""
