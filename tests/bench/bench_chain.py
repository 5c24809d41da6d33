"""placeholder"""

from figures import Figure
from places import Place


async def bench_chain(place: Place) -> list[Figure]:
    return []
