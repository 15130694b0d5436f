"""What carried a call from one service to another, and where it went."""

from urllib.parse import urlsplit

from weft.model import keys
from weft.model.span import Span, text
from weft.model.trace import Node

_HTTP = ("http.request.method", "http.method", "http.route", "url.path", "http.target")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HTTP"})
_RPC = {"grpc": "gRPC", "connect_rpc": "Connect", "jsonrpc": "JSON-RPC"}


def hop(node: Node) -> str:
    """Name the way into a span from a parent in another service; empty when it is the same one.

    Source: the attribute names of OpenTelemetry's HTTP, RPC and messaging conventions, older spellings too.
    """
    if node.parent is None or node.parent.span.service == node.span.service:
        return ""
    attributes = node.span.attributes
    system = text(attributes.get(keys.MESSAGING_SYSTEM))
    if system or node.span.kind in {"consumer", "producer"}:
        return f"{system} message".strip()
    system = text(attributes.get("rpc.system.name") or attributes.get("rpc.system"))
    if system:
        return _RPC.get(system, system)
    if any(key in attributes for key in _HTTP):
        return "HTTP"
    return "call" if node.span.kind == "server" or node.parent.span.kind == "client" else ""


def called(span: Span) -> str:
    """Name a span; a request that is named by its method only, by where it went too.

    The query of the URL is left out: it is long, and may hold what nobody should read.
    """
    if span.name not in _METHODS or span.kind != "client":
        return span.name
    attributes = span.attributes
    url = text(attributes.get("url.full") or attributes.get("http.url"))[:2_000]
    try:
        parts = urlsplit(url)
        where = parts.netloc.rpartition("@")[2] + parts.path
    except ValueError:
        where = ""
    if not where:
        port = text(attributes.get(keys.SERVER_PORT))
        where = text(attributes.get(keys.SERVER_ADDRESS)) + (f":{port}" if port else "")
    return f"{span.name} {where}".rstrip()
