"""An OTLP receiver behind real sockets: a real journal, the real decoder, and nobody who indexes."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from tests.servers import until

from weft.decode.request import Decoded, decode
from weft.journal import Journal
from weft.receive.intake import Intake


class Taken:
    """What an intake took.

    Attributes:
        spans: How many spans were delivered to be indexed.
        open: Nothing is decoded while it is not set.
        reached: Something has come to be decoded.
    """

    def __init__(self, directory: Path, max_bytes: int = 256 << 20) -> None:
        self.journal = Journal(directory, max_bytes=max_bytes)
        self.spans = 0
        self.open, self.reached = threading.Event(), threading.Event()
        self.open.set()
        self.intake: Intake[Any] = Intake(self._decode, self.journal, self._deliver)

    def _decode(self, bodies: Sequence[bytes]) -> Decoded:
        self.reached.set()
        assert self.open.wait(60)
        return decode(bodies)

    def _deliver(self, entries: range, decoded: Decoded) -> None:
        self.spans += len(decoded)

    @property
    def bodies(self) -> list[bytes]:
        """What is in the journal."""
        return [body for _, body in self.journal.read(0)]

    def forget(self) -> None:
        """Begin again, with an empty journal."""
        self.journal.forget(self.journal.end)
        self.spans = 0

    def close(self) -> None:
        self.open.set()
        self.intake.close()
        self.journal.close()


@contextmanager
def serving(application: ASGIApp) -> Iterator[int]:
    """Serve an ASGI application as the backend does, and give its port."""
    config = uvicorn.Config(
        application, port=0, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started, "uvicorn listens")
        port: int = server.servers[0].sockets[0].getsockname()[1]
        yield port
    finally:
        server.should_exit = True
        thread.join()
