"""The status codes of protocols, and which of them are failures.

Sources: OpenTelemetry semantic conventions v1.44, http/http-spans.md, rpc/grpc.md, rpc/json-rpc.md.
"""

from collections.abc import Callable, Mapping
from typing import Final

from weft.model.span import Span, text

#: By code (google.golang.org/grpc/codes); the rest are errors.
_GRPC: Final = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
#: What a server is to blame for (OpenTelemetry semantic conventions, rpc/grpc.md); a client takes all but OK.
_GRPC_SERVER: Final = frozenset(
    ("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
)


def failure_code(span: Span) -> str:
    """The first status code of a span that says that it failed; empty where none does."""
    attributes = span.attributes
    for key, read in _CODES.items():
        if key in attributes and (code := read(span, text(attributes[key]))):
            return code
    return ""


def has_answered(span: Span) -> bool:
    """Whether a span says with what status its request was answered."""
    return not _ANSWER.isdisjoint(span.attributes)


def _http(span: Span, code: str) -> str:
    """All of 500 and above are errors, of a client's those from 400 on as well."""
    if len(code) != 3 or not code.isascii() or not code.isdigit():
        return ""
    return code if code >= ("400" if span.kind == "client" else "500") else ""


def _rpc(span: Span, code: str) -> str:
    """Read gRPC's by number or name; any other number, as of JSON-RPC, is an error unless it is 0."""
    if code.isascii() and code.isdigit() and len(code) <= 2:
        code = _GRPC[int(code)] if int(code) < len(_GRPC) else code
    code = code.upper()
    if code in _GRPC:
        wrong = code in _GRPC_SERVER if span.kind == "server" else code != "OK"
        return code if wrong else ""
    return code if code.removeprefix("-").isdigit() else ""


def _json_rpc(_: Span, code: str) -> str:
    return "" if code in ("", "0") else code


_CODES: Final[Mapping[str, Callable[[Span, str], str]]] = {
    "http.response.status_code": _http,
    "http.status_code": _http,
    "rpc.grpc.status_code": _rpc,
    "rpc.response.status_code": _rpc,
    "rpc.status_code": _rpc,
    "rpc.jsonrpc.error_code": _json_rpc,
    "rpc.connect_rpc.error_code": _json_rpc,
}
_ANSWER: Final = frozenset(("http.response.status_code", "http.status_code"))
#: The attributes that hold codes.
CODE_KEYS: Final = frozenset(_CODES)
