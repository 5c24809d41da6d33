"""`python -m notify`."""

import gc

# Until it has started: what the imports make stays, and looking through it again and again for
# garbage is a fifth of a start.
gc.disable()

from notify import cli  # noqa: E402

if __name__ == "__main__":
    cli.main()
