"""Whether the words of one failure say that it is another one, come up."""

from collections.abc import Iterable
from typing import Final

from weft.analyse.errors.sign import Sign
from weft.analyse.errors.sorts import short

SAME: Final = 2
"""From here on the words alone say that one failure is the other."""

_TELLING: Final = 4  # characters: anything shorter is in many messages by chance


def likeness(above: Sign, below: Sign, names: Iterable[str] = ()) -> int:
    """Compare the failure of a span with one below it.

    Args:
        above: The failure that is to be explained.
        below: The failure that may explain it.
        names: Names of whoever failed below: agent, tool, service.

    Returns:
        3 where one message has the other in it, `SAME` where the message names the other's type, code or
        owner, or both are of one type and say nothing, 1 where only the types are equal, else 0.
    """
    if len(below.message) >= _TELLING and below.message in above.message:
        return 3
    if len(above.message) >= 2 * _TELLING and above.message in below.message:
        return 3
    type_name = short(below.type)
    alike = bool(type_name) and type_name == short(above.type)
    if alike and not above.message and not below.message:
        return SAME
    if type_name and (len(type_name) >= _TELLING or type_name.isdigit()) and type_name in above.message:
        return SAME
    for name in names:
        if len(name) >= _TELLING and name in above.message:
            return SAME
    return int(alike)
