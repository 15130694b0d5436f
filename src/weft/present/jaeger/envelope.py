"""What Jaeger wraps around every answer, and around every error.

Source: Jaeger v2.20.0, `cmd/jaeger/internal/extension/jaegerquery/internal/http_handler.go`
(`structuredResponse`, `handleError`, `writeJSON`).
"""

import re
from collections.abc import Iterable

import orjson
from starlette.responses import PlainTextResponse, Response

_INDENT = re.compile(rb"^ +", re.MULTILINE)


def answer(data: bytes, total: int = 0, errors: bytes = b"null", pretty: bool = False) -> Response:
    """Answer 200.

    Args:
        data: What was asked for, as JSON.
        total: How many items; zero for traces and dependencies, which Jaeger does not count.
        errors: A JSON array of what was not found, or null.
        pretty: Indent by four spaces.
    """
    body = b'{"data":%b,"total":%d,"limit":0,"offset":0,"errors":%b}' % (data, total, errors)
    return Response(indented(body) if pretty else body, media_type="application/json")


def failure(status: int, message: str) -> Response:
    """Answer an error: JSON under the name of plain text, as Go's `http.Error` sends what it is given."""
    body = {
        "data": None,
        "total": 0,
        "limit": 0,
        "offset": 0,
        "errors": [{"code": status, "msg": message}],
    }
    return PlainTextResponse(orjson.dumps(body) + b"\n", status, {"X-Content-Type-Options": "nosniff"})


def array(items: Iterable[bytes]) -> bytes:
    """A JSON array of items that are JSON already."""
    return b"[%b]" % b",".join(items)


def indented(body: bytes) -> bytes:
    """Indent JSON by four spaces.

    orjson indents by two. A line of JSON begins with no other spaces than these, so they can be doubled.
    """
    return _INDENT.sub(
        lambda spaces: spaces[0] * 2, orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2)
    )
