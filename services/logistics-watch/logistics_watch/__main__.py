"""python -m logistics_watch run|stream|…"""

import gc

# Until it has started: what the imports make stays, and looking through it again and again for
# garbage is a fifth of a start.
gc.disable()

from logistics_watch import cli  # noqa: E402

cli.main()
