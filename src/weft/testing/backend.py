"""Traces from a running backend, for assertions."""

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Final

from opentelemetry.instrumentation.utils import suppress_instrumentation

from weft.decode.dialects.read import read
from weft.model.jaeger import read_trace
from weft.model.shape import ShapeError, member
from weft.model.summary import TraceSummary
from weft.model.trace import Trace
from weft.testing.traces import Traces

_LOCAL: Final = "http://127.0.0.1:16686"
_TIMEOUT_S: Final = 30.0
_MOST: Final = 1000


def backend_traces(
    url: str | None = None,
    *,
    since_ns: int | None = None,
    service: str | None = None,
    patience_s: float = 10.0,
) -> Traces:
    """Look at what arrives at a running backend. Assertions wait for it.

    Args:
        url: Its query API; WEFT_URL by default, or else this machine's. WEFT_TOKEN is its token.
        since_ns: Only traces that began then or later, nanoseconds since the Unix epoch; from now by default.
        service: Only traces that this service took part in.
        patience_s: How many seconds an assertion waits until it holds.

    Returns:
        Traces; looking at them raises ConnectionError where no backend answers.
    """
    backend = _Backend(url or os.environ.get("WEFT_URL") or _LOCAL)
    begin_ns = time.time_ns() if since_ns is None else since_ns
    return Traces(
        lambda: backend.traces(begin_ns, service),
        where=backend.url,
        patience_s=patience_s,
        hint="do the agents send to it?",
    )


class _Backend:
    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        host = urllib.parse.urlsplit(url).hostname
        # A proxy has another idea of what 127.0.0.1 is.
        here = host in ("127.0.0.1", "localhost", "::1")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({} if here else None))
        if token := os.environ.get("WEFT_TOKEN"):
            self._opener.addheaders = [("Authorization", f"Bearer {token}")]

    def traces(self, begin_ns: int, service: str | None) -> list[Trace]:
        asked = {"limit": str(_MOST)} | ({"service": service} if service else {})
        try:
            listed = member(
                self._get(f"/weft/v1/traces?{urllib.parse.urlencode(asked)}"), "traces", list, "answer"
            )
            summaries = [TraceSummary.from_json(one, f"traces[{index}]") for index, one in enumerate(listed)]
            return [
                read_trace(value, read)
                for summary in summaries
                if summary.start_ns >= begin_ns
                for value in member(
                    self._get(f"/api/traces/{summary.trace_id}?raw=true"), "data", list, "answer"
                )
            ]
        except ShapeError as error:
            raise ConnectionError(f"{self.url} does not answer as Weft does: {error}") from error

    def _get(self, path: str) -> Any:
        try:
            # Looking is no part of what is looked at: where urllib is instrumented, this makes no spans.
            with suppress_instrumentation(), self._opener.open(self.url + path, timeout=_TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:  # it may arrive yet
                    return {"data": []}
                if error.code == 401:
                    another = "another token than that of" if os.environ.get("WEFT_TOKEN") else "a token: set"
                    raise ConnectionError(f"{self.url} wants {another} WEFT_TOKEN") from error
                raise ConnectionError(f"{self.url} answers {error.code}; is a Weft backend there?") from error
        except (OSError, ValueError) as error:
            cause = error.reason if isinstance(error, urllib.error.URLError) else error
            raise ConnectionError(
                f"no backend to ask at {self.url}: {cause}; start one with `weft up`"
            ) from error
