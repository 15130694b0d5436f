"""What carried a call from one service to another."""

from weft.model import keys
from weft.model.span import text
from weft.model.trace import Node

_HTTP = ("http.request.method", "http.method", "http.route", "url.path", "http.target")
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
