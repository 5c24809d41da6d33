"""What people write for routing: the team file and the promises file."""

from routing.clients.promises_file import read_promises
from routing.clients.team_file import read_team

__all__ = ["read_promises", "read_team"]
