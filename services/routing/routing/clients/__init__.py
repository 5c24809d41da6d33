"""What people write for routing: the team, the promises and the opening hours."""

from routing.clients.hours_file import read_hours, usual_hours
from routing.clients.promises_file import read_promises
from routing.clients.team_file import read_team

__all__ = ["read_hours", "read_promises", "read_team", "usual_hours"]
