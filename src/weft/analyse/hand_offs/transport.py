"""What carried a hand-off, by what the spans of both sides say."""

from collections.abc import Mapping
from typing import Final

from weft.analyse.hand_offs.crossing import Crossing
from weft.analyse.reading import Reading
from weft.model import keys
from weft.model.span import Value, text

#: Keys whose value is the name of the transport: RPC and messaging conventions, and Jaeger's `component`.
_NAMED: Final = ("rpc.system", "rpc.system.name", keys.MESSAGING_SYSTEM, "component")
#: Keys that are there for one transport only. MCP and A2A go before the HTTP that carries them.
_SHOWN: Final = (
    ("mcp.method.name", "mcp"),
    ("a2a.method", "a2a"),
    ("celery.action", "celery"),
    ("http.request.method", "http"),
    ("http.method", "http"),
    ("url.full", "http"),
    ("http.url", "http"),
    ("http.route", "http"),
)
_LONGEST: Final = 40


def transport(reading: Reading, crossing: Crossing) -> str:
    """Name the transport: `http`, `grpc`, `redis`, `celery`, `process`, `pool`, `thread`, …; or nothing."""
    spans = reading.tree.spans
    sender = spans[crossing.sender].attributes
    receiver = spans[crossing.receiver].attributes if crossing.receiver is not None else {}
    carrier = receiver.get(keys.PROPAGATION_CARRIER)
    if crossing.kind == "approval":
        return ""
    if crossing.kind == "spawn":
        return "pool" if carrier == keys.CARRIER_TASK else "process"
    if crossing.kind == "message" and carrier == keys.CARRIER_QUEUE:
        return "queue"
    if crossing.kind == "delegation":
        threads = text(sender.get("thread.id")), text(receiver.get("thread.id"))
        return "thread" if all(threads) and threads[0] != threads[1] else ""
    return _says(receiver) or _says(sender)


def _says(attributes: Mapping[str, Value]) -> str:
    for key, name in _SHOWN[:3]:
        if key in attributes:
            return name
    for key in _NAMED:
        if value := text(attributes.get(key)):
            return value.lower()[:_LONGEST]
    return next((name for key, name in _SHOWN[3:] if key in attributes), "")
