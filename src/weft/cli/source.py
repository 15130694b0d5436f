"""Where traces are read: from the backend that runs, or from the data directory when none does."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import click

from weft.analyse.clocks.clocks import Clocks
from weft.cli.backend import Backend
from weft.cli.failure import Unheard
from weft.model.agent_statistics import AgentStatistics
from weft.model.coverage import Coverage
from weft.model.edge_statistics import EdgeStatistics
from weft.model.stretch import Stretch
from weft.model.summary import TraceSummary

_UI_PORT: Final = "16686"
_POLL_S: Final = 0.3

Command = TypeVar("Command", bound=Callable[..., Any])


class Source(Protocol):
    """Who can be asked for traces."""

    def traces(self, limit: int, service: str | None = None) -> list[TraceSummary]:
        """Give the newest traces, those that a service took part in if one is named."""

    def trace(self, trace_id: str) -> object | None:
        """Give one trace in Jaeger's JSON, unchecked; None when it is not there."""

    def agents(self, time: Stretch) -> tuple[Coverage, list[AgentStatistics]]:
        """Say what agents did, and what that rests on."""

    def clocks(self) -> Clocks:
        """Say what is known of the clocks of hosts."""

    def edges(
        self, time: Stretch, from_agent: str | None = None, to_agent: str | None = None
    ) -> tuple[Coverage, list[EdgeStatistics]]:
        """Say what became of hand-offs, and what that rests on."""


def options(command: Command) -> Command:
    """Add the options that say where traces are read."""
    url = click.option(
        "--url",
        metavar="URL",
        envvar="WEFT_URL",
        help="Ask the backend whose query API is there.  [env: WEFT_URL; default: http://127.0.0.1:16686]",
    )
    data = click.option(
        "--data",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Read a data directory that no backend serves.  [default: that of `weft up`, when none runs]",
    )
    return url(data(command))


@contextmanager
def open_source(url: str | None, data: Path | None, patience_s: float = 0.0) -> Iterator[Source]:
    """Open what the options name; when they name nothing, the backend of this machine, or else its data.

    `WEFT_UI_PORT` and `WEFT_DATA` say where these two are, as they do to `weft up`.

    Args:
        url: A backend's query API. It is not replaced by a directory when nobody answers there.
        data: A data directory; it wins over a URL.
        patience_s: How many seconds to wait until there is something to ask, where nothing is named.

    Raises:
        Failure: There is nothing to ask.
    """
    if url and not data:
        yield Backend(url)
        return
    backend = Backend(f"http://127.0.0.1:{os.environ.get('WEFT_UI_PORT', _UI_PORT)}")
    if data is None and backend.listens():
        yield backend
        return
    from weft.config import default_data

    directory = data or Path(os.environ.get("WEFT_DATA") or default_data())
    if data is None and not directory.exists():
        until = time.monotonic() + patience_s
        while not backend.listens():
            if time.monotonic() >= until:
                raise Unheard(
                    f"no backend listens on {backend.name} and there is no data in {directory}. "
                    "Start one with `weft up`, or name another (--url) or its data directory (--data)"
                )
            time.sleep(_POLL_S)
        yield backend
        return
    # Only now: this loads the store, which takes longer than asking a backend does.
    from weft.cli.directory import open_directory

    with open_directory(directory) as source:
        yield source
