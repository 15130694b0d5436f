"""Where everybody listens: the backend on its usual ports, the others on free ones, all on loopback."""

import socket
from contextlib import ExitStack
from dataclasses import dataclass

from children import DemoFailed

HOST = "127.0.0.1"
USUAL = {"grpc": 4317, "otlp": 4318, "query": 16686}


@dataclass(frozen=True, kw_only=True)
class Places:
    """The ports: three of the backend (OTLP/gRPC, OTLP/HTTP, query API), then the others'."""

    grpc: int
    otlp: int
    query: int
    redis: int
    model: int
    orchestrator: int
    research: int
    review: int


def choose(*, any_ports: bool) -> Places:
    """Choose the ports.

    Args:
        any_ports: Whether the backend may listen elsewhere where a usual port is taken.

    Raises:
        DemoFailed: A usual port is taken, and may not be replaced.
    """
    taken = {name: port for name, port in USUAL.items() if not _is_free(port)}
    if taken and not any_ports:
        ports = ", ".join(map(str, taken.values()))
        raise DemoFailed(
            f"in use already on {HOST}: port {ports}, perhaps by `weft up`, Jaeger or another demo. "
            "Stop that, or have this one listen elsewhere: scripts/demo --any-ports"
        )
    names = ["redis", "model", "orchestrator", "research", "review", *taken]
    return Places(**{**USUAL, **dict(zip(names, _free(len(names)), strict=True))})


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free(count: int) -> list[int]:
    """So many ports that nobody listens on, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server((HOST, 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]
