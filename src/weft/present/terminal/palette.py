"""One colour a service.

Red is kept for errors. A name asks for the same colour in every trace; where two names of one trace ask for
the same one, the later in the alphabet takes the next that is free: services differ as long as there are
colours.
"""

import zlib
from collections.abc import Iterable
from typing import Final

# Twelve of the 256 colours of a terminal, of middling lightness: readable on black and on white.
COLOURS: Final = (
    "color(32)",  # blue
    "color(71)",  # green
    "color(136)",  # ochre
    "color(98)",  # purple
    "color(37)",  # teal
    "color(133)",  # magenta
    "color(67)",  # slate
    "color(107)",  # olive
    "color(172)",  # orange
    "color(62)",  # indigo
    "color(73)",  # sea
    "color(139)",  # mauve
)


def colours(services: Iterable[str]) -> dict[str, str]:
    """Choose a colour for each service of a trace.

    Returns:
        A rich style for every name.
    """
    chosen: dict[str, str] = {}
    free = set(range(len(COLOURS)))
    for service in sorted(set(services)):
        place = zlib.crc32(service.encode("utf-8", "replace")) % len(COLOURS)
        if free:
            while place not in free:
                place = (place + 1) % len(COLOURS)
            free.discard(place)
        chosen[service] = COLOURS[place]
    return chosen
