"""`python -m routing`."""

import gc

# What the imports make stays: looking through it again and again for garbage is a fifth of a start.
gc.disable()

from routing import cli  # noqa: E402

gc.freeze()
gc.enable()
cli.main()
