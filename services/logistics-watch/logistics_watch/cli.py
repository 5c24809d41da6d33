"""The commands: those every service has, and `stream`."""

from logistics_watch import app
from logistics_watch.settings import Settings
from shared.cli import cli, read, start

main = cli(app.NAME, Settings, app.run, app.buses)


@main.command()
def stream() -> None:
    """Answer the stream of carriers' scans until SIGTERM or Ctrl-C."""
    start(app.stream(read(Settings)))
