"""The only place where the backend's stages are put together."""

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette

from weft.analyse.explain import explain
from weft.analyse.usage.price_file import PriceFileError
from weft.analyse.usage.published import PUBLISHED
from weft.analyse.usage.rate import Prices
from weft.config import Settings
from weft.decode.otlp_json import to_protobuf
from weft.decode.request import decode
from weft.journal import Journal, JournalError, JournalLocked
from weft.present import jaeger, statistics_api, weft_api
from weft.query.facts.facts import Facts
from weft.query.facts.reading import Reader
from weft.query.facts.waiting import SETTLED_S, Waiting
from weft.query.facts.worker import FactsWorker
from weft.query.prices import open_prices
from weft.query.queries import Queries
from weft.query.silence import LOST_AFTER_S, Silence
from weft.receive import grpc, http
from weft.receive.access import Gate, is_loopback
from weft.receive.intake import Intake
from weft.store.commit import Committer
from weft.store.errors import StoreError
from weft.store.indexer import Indexer
from weft.store.retention import Retention
from weft.store.store import Store
from weft.store.sweep import Sweep

log = logging.getLogger(__name__)

#: How long a stop waits for the journal to drain; what is left is committed at the next start.
DRAIN_S: Final = 60.0
#: How long a thread keeps the interpreter while another one wants it. Facts are computed in Python, beside
#: the threads that answer: with the usual 5 ms the median answer at 10,000 spans a second took 26 ms, with
#: this one 14, and 10 without facts.
SWITCH_S: Final = 0.001
#: Objects made after which those without a holder are looked for, by generation. Explaining a trace makes
#: many at once, all let go by their holders: looking for them at the usual 700 took a quarter of the time
#: (276 ms against 367 for one trace of 10,000 spans after the other), at the same memory.
COLLECT_AFTER: Final = (10_000, 10, 10)
#: How long a stop waits for requests that are under way.
FINISH_S: Final = 5


class CannotStart(Exception):
    """The backend cannot start; the message names the object, the cause and the next step."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The stages behind the ports: journal, indexer, store, facts, queries."""

    journal: Journal
    store: Store
    indexer: Indexer
    facts: Facts
    silence: Silence
    queries: Queries
    settled_after_s: int

    def waiting(self) -> Waiting:
        """Look for traces that wait for their facts."""
        return Waiting(self.store, self.silence, self.settled_after_s)


@contextmanager
def open_pipeline(
    data: Path,
    journal_bytes: int,
    lost_after_s: int = LOST_AFTER_S,
    settled_after_s: int = SETTLED_S,
    prices: Prices = PUBLISHED,
) -> Iterator[Pipeline]:
    """Open a data directory; on the way out the journal is drained into the store.

    Raises:
        CannotStart: Another process has it, or it cannot be used.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        journal = Journal(data / "journal", max_bytes=journal_bytes)
    except JournalLocked as error:
        holder = "another weft" if error.pid is None else f"another weft (process {error.pid})"
        raise CannotStart(
            f"{data} is in use by {holder}. Stop that one, or give this one another directory (--data)."
        ) from error
    except JournalError as error:
        raise CannotStart(f"the journal in {data} cannot be used: {error}") from error
    except OSError as error:
        raise CannotStart(
            f"the data directory {data} cannot be used: {error.strerror}. "
            "Choose one that you may write to (--data)."
        ) from error
    with contextlib.closing(journal):
        try:
            store = Store(data / "store")
        except StoreError as error:
            raise CannotStart(f"the store in {data} cannot be opened: {error}") from error
        with contextlib.closing(store):
            indexer = Indexer(journal, Committer(journal, store, decode, data / "refused"))
            try:
                silence = Silence(lost_after_s)
                facts = Facts(store, Reader(store, silence), partial(explain, prices=prices))
                queries = Queries(store, indexer.flush, silence, settled_after_s)
                yield Pipeline(journal, store, indexer, facts, silence, queries, settled_after_s)
            finally:
                if not indexer.close(DRAIN_S):
                    log.warning("%d request(s) stay in the journal for the next start", indexer.behind)


@contextmanager
def open_store_for_reading(data: Path) -> Iterator[Pipeline]:
    """Ask a data directory that no backend serves: nothing comes any more, all that is there has settled.

    Raises:
        CannotStart: There is none, or a backend serves it; or the price file cannot be used.
    """
    if not (data / "journal").is_dir():
        raise CannotStart(
            f"there is no data in {data}; name the directory of a `weft up` (--data, WEFT_DATA)"
        )
    settings = Settings()
    prices = _prices(settings)
    with open_pipeline(data, settings.journal_bytes, settled_after_s=0, prices=prices) as pipeline:
        yield pipeline


def _prices(settings: Settings) -> Prices:
    try:
        return open_prices(settings.prices)
    except PriceFileError as error:
        raise CannotStart(f"{error}. Mend it, or start without it (--prices, WEFT_PRICES).") from error


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a running backend listens."""

    grpc: int
    http: int
    ui: int


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Ports]:
    """Run the backend for the time of the context.

    Raises:
        CannotStart: A port is taken, or the data directory or the price file cannot be used.
    """
    token = settings.token.get_secret_value() if settings.token else None
    if token is None and not is_loopback(settings.host):
        raise CannotStart(
            f"{settings.host} can be reached from other machines, and there is no token. "
            "Set WEFT_TOKEN (16 characters or more), or stay on loopback (--host 127.0.0.1)."
        )
    prices = _prices(settings)
    with contextlib.ExitStack() as stack:
        http_socket = stack.enter_context(
            _listen(settings.host, settings.http_port, "OTLP/HTTP", "--http-port")
        )
        ui_socket = stack.enter_context(
            _listen(settings.host, settings.ui_port, "the query API", "--ui-port")
        )
        pipeline = stack.enter_context(
            open_pipeline(
                settings.data, settings.journal_bytes, settings.lost_after, settings.settled_after, prices
            )
        )
        retention = Retention(pipeline.store, settings.retention)
        stack.callback(retention.close)
        stack.callback(Sweep(pipeline.store).close)
        facts = FactsWorker(
            pipeline.waiting, pipeline.facts, pipeline.indexer.flush, lambda: pipeline.indexer.pressed
        )
        stack.callback(facts.close)
        intake = Intake(decode, pipeline.journal, pipeline.indexer.deliver, pipeline.indexer.pace)
        stack.callback(intake.close)
        try:
            grpc_server, grpc_port = grpc.server(intake, settings.host, settings.grpc_port, token)
        except OSError as error:
            raise _port_taken(settings.host, settings.grpc_port, "OTLP/gRPC", "--grpc-port", error) from error
        apis = (jaeger.routes, weft_api.routes, statistics_api.routes)
        query_app = Starlette(routes=[route for routes in apis for route in routes(pipeline.queries)])
        otlp_app = http.application(intake, to_protobuf)
        servers = [_http_server(Gate(app, token)) for app in (otlp_app, query_app)]
        sockets = [http_socket, ui_socket]
        tasks = [
            asyncio.create_task(server.serve(sockets=[sock]))
            for server, sock in zip(servers, sockets, strict=True)
        ]
        grpc_server.start()
        try:
            for server in servers:
                await server.listening.wait()
            yield Ports(grpc_port, http_socket.getsockname()[1], ui_socket.getsockname()[1])
        finally:
            stopped = grpc_server.stop(FINISH_S)
            for server in servers:
                server.should_exit = True
            await asyncio.gather(*tasks)
            await asyncio.to_thread(stopped.wait)


def run(settings: Settings, started: Callable[[Ports], None]) -> None:
    """Run the backend until SIGINT or SIGTERM, then drain it.

    Args:
        settings: What it was told.
        started: Called once it listens.

    Raises:
        CannotStart: It cannot.
    """

    async def until_signal() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        async with serve(settings) as ports:
            started(ports)
            await stop.wait()

    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*COLLECT_AFTER)
    asyncio.run(until_signal())


class _Server(uvicorn.Server):
    """uvicorn without its own hold on signals (one handler stops all ports), and an event when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _http_server(application: Any) -> _Server:
    return _Server(
        uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=FINISH_S,
        )
    )


def _listen(host: str, port: int, what: str, flag: str) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotStart(
            f"cannot listen on {host}: {error.strerror}. Choose an address of this machine (--host)."
        ) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise _port_taken(host, port, what, flag, error) from error
    return listener


def _port_taken(host: str, port: int, what: str, flag: str, error: OSError) -> CannotStart:
    if error.errno in (errno.EADDRINUSE, None):
        cause = "another process listens there already"
    else:
        cause = os.strerror(error.errno)
    return CannotStart(f"port {port} of {host} for {what} cannot be used: {cause}. Choose another ({flag}).")
