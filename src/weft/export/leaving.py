"""The ways in which a process leaves: on none of them may a span that has ended be left behind.

``atexit`` is for those that come to their end. Of the others, the ones that can be seen coming are met here;
a process that is killed loses what it has not yet written to disk: what ended in the last half of a second.

- By a signal whose default is to end the process (a container that is stopped, a terminal that is closed).
- As a worker of ``multiprocessing`` (and of ``concurrent.futures``), which ends with ``os._exit``.
- As a server of uvicorn, which ends itself by the signal that it was sent, with the default handler back.
- As a worker of Celery, which ends with ``os._exit``, and begins by taking all signal handlers away.

Workers of gunicorn come to their end. What leaves after a fork with ``os._exit``, as daemons do, was met
before the fork (`weft.export.processor`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Final

import wrapt

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

#: The longest that anybody waits; without a backend it takes as long as a write to disk.
DRAIN_S: Final = 5.0

ENDING: Final = (signal.SIGTERM, signal.SIGHUP)

#: Behind every finalizer of others; those without a priority are not called at the end of a worker.
LAST: Final = -1_000_000

_log = logging.getLogger("weft.export")


class Leaving:
    """Has the spans of this process sent, or written to disk, before it leaves.

    Args:
        drain: Does it, within so many seconds.
    """

    def __init__(self, drain: Callable[[float], object]) -> None:
        self._drain = drain

    def watch(self) -> None:
        """Meet all the ways that can be met; those of a library when it is loaded."""
        self.handle_signals()
        for name, meet in (
            ("multiprocessing.util", self._multiprocessing),
            ("uvicorn.server", self._uvicorn),
            ("celery.signals", self._celery),
        ):
            wrapt.register_post_import_hook(_guarded(meet), name)

    def handle_signals(self) -> None:
        """Take the signals that would end the process at once; where others handle one, it is theirs."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in ENDING:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._end)

    def _end(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signals call
        """Drain, and end as if nobody had handled the signal, so that the exit status tells of it."""
        self._leave()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        # Still here: the first process of a container is not ended by a signal's default.
        signal.signal(number, self._end)

    def _leave(self, *_: object, **__: object) -> None:
        try:
            self._drain(DRAIN_S)
        except Exception as error:  # noqa: BLE001 - whatever it is, the process wants to leave
            _log.debug("weft: leaving failed", exc_info=error)

    def _multiprocessing(self, util: Any) -> None:
        def finalize(_: object) -> None:
            util.Finalize(None, self._leave, exitpriority=LAST)

        finalize(None)  # a worker that is set up when it already runs
        util.register_after_fork(self, finalize)  # one that is yet to be started: it forgets all finalizers

    def _uvicorn(self, server: Any) -> None:
        async def shutdown(wrapped: Any, _: object, arguments: Any, options: Any) -> object:
            try:
                return await wrapped(*arguments, **options)
            finally:
                # Before uvicorn ends the process, and beside the event loop, which may go on without it.
                await self._leave_aside()

        wrapt.wrap_function_wrapper(server, "Server.shutdown", shutdown)

    async def _leave_aside(self) -> None:
        try:
            leaving = asyncio.get_running_loop().run_in_executor(None, self._leave)
        except RuntimeError:  # no thread can be started any more
            self._leave()
        else:
            await leaving

    def _celery(self, signals: Any) -> None:
        def started(**_: object) -> None:
            self.handle_signals()

        signals.worker_process_init.connect(started, weak=False)
        signals.worker_process_shutdown.connect(self._leave, weak=False)


def _guarded(meet: Callable[[Any], None]) -> Callable[[Any], None]:
    """What is called when the user's program imports something must not raise."""

    def hook(module: Any) -> None:
        try:
            meet(module)
        except Exception as error:  # noqa: BLE001 - a version of the library that has changed
            _log.debug("weft: %s has changed: %s", module, error)

    return hook
