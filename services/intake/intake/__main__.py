"""`python -m intake`."""

import gc

# What the imports make stays: looking through it again and again for garbage is a fifth of a start.
gc.disable()

from intake.cli import main  # noqa: E402

gc.freeze()
gc.enable()
main()
