"""What people write for routing: the team, the promises and the opening hours."""

from routing.clients.demands_file import read_demands
from routing.clients.hours_file import read_hours, usual_hours
from routing.clients.promises_file import read_promises
from routing.clients.team_file import digest, member_of, read_team, team_of, team_yaml

__all__ = [
    "digest",
    "member_of",
    "read_demands",
    "read_hours",
    "read_promises",
    "read_team",
    "team_of",
    "team_yaml",
    "usual_hours",
]
