"""`python -m routing`."""

from routing import cli

cli.main()
