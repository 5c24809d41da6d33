"""`python -m routing`."""

import gc

# Until it has started: what the imports make stays, and looking through it again and again for
# garbage is a fifth of a start.
gc.disable()

from routing import cli  # noqa: E402

cli.main()
