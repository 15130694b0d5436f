"""When the process of a span that is still open is held to be gone: nobody has announced it for a while."""

import time
from collections.abc import Callable
from typing import Any, Final

#: Agents announce a span every five seconds: what has been silent for longer than this has missed three
#: announcements. (A time of receipt is that of the commit, up to five seconds later.)
LOST_AFTER_S: Final = 20


class Silence:
    """Tells open from lost by the server's own clock, of receipt.

    Silence counts only while this process listens: after a start everything that was open before is given
    the time to be announced again.

    Args:
        lost_after_s: How long a span may not be announced, in seconds.
        now_s: The time, seconds since the Unix epoch.
    """

    def __init__(self, lost_after_s: int = LOST_AFTER_S, now_s: Callable[[], float] = time.time) -> None:
        self._lost_after_s, self._now_s = lost_after_s, now_s
        self._since_s = now_s()

    def parameters(self) -> dict[str, Any]:
        """What statements are told: `now_s`, and `lost_before_s`; what was received before that is lost."""
        now_s = int(self._now_s())
        before_s = now_s - self._lost_after_s
        return {"now_s": now_s, "lost_before_s": before_s if self._since_s < before_s else 0}
