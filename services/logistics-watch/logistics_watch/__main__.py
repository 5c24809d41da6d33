"""python -m logistics_watch run|stream|…"""

import gc

# What the imports make stays: looking through it again and again for garbage is a fifth of a start.
gc.disable()

from logistics_watch import cli  # noqa: E402

gc.freeze()
gc.enable()
cli.main()
