"""The command line of intake."""

from intake import app
from intake.settings import Settings
from shared.cli import cli

main = cli("intake", Settings, app.run, app.buses)
