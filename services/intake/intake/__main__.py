"""`python -m intake`."""

import gc

# Until it has started: what the imports make stays, and looking through it again and again for
# garbage is a fifth of a start.
gc.disable()

from intake.cli import main  # noqa: E402

main()
