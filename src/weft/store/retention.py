"""What is older than the retention goes, a day at a time."""

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from weft.store.errors import StoreError
from weft.store.store import Store

log = logging.getLogger(__name__)

CHECK_EVERY_S: Final = 3600


def expired(days: list[str], retention: timedelta, now_s: float) -> list[str]:
    """Which days of receipt (`YYYY-MM-DD`, UTC) lie wholly outside the retention."""
    first_kept = datetime.fromtimestamp(now_s, UTC) - retention
    return [
        day
        for day in days
        if datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1) <= first_kept
    ]


class Retention:
    """Drops expired days at once and then every hour, in a thread of its own."""

    def __init__(self, store: Store, retention: timedelta) -> None:
        self._store, self._retention = store, retention
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="weft-retention", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; a drop that is under way is finished first."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while True:
            try:
                days = expired(self._store.days(), self._retention, time.time())
                if days:
                    log.info("dropping %s: older than %s", ", ".join(days), self._retention)
                    self._store.drop_days(days)
            except StoreError:
                log.exception("expired spans could not be dropped; trying again in an hour")
            if self._stop.wait(CHECK_EVERY_S):
                return
