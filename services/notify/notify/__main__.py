"""`python -m notify`."""

import gc

# What the imports make stays: looking through it again and again for garbage is a fifth of a start.
gc.disable()

from notify import cli  # noqa: E402

gc.freeze()
gc.enable()
if __name__ == "__main__":
    cli.main()
