"""python -m logistics_watch run|stream|…"""

from logistics_watch import cli

cli.main()
