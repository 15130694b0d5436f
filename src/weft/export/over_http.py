"""OTLP over HTTP: one POST for each request (OTLP 1.11, OTLP/HTTP)."""

from __future__ import annotations

import gzip
import math
import time
import zlib
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, cast

from google.rpc.status_pb2 import Status

from weft.export.answer import CAUSE_CHARS, Answer, Verdict, taken, words
from weft.export.wire import USER_AGENT, compression, credentials, setting, timeout_s
from weft.model.pending import VERSION_HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from weft.export.otlp import Destination

#: Seconds for a connection: a host that drops packets is tried again soon, and not only after the timeout.
CONNECT_S: Final = 5.0
#: What is read of an answer, in bytes.
ANSWER_BYTES: Final = 64 << 10

#: OTLP/HTTP Response, Failures; 408 is what our own backend says to a body that came too slowly.
LATER: Final = frozenset({408, 429, 502, 503, 504})
#: Answers that concern the sender or the address, not the spans in the request.
CLOSED: Final = frozenset({401, 403, 404, 405, 407, 421, 501})
TOO_LARGE: Final = 413


class HttpWire:
    """A `requests` session.

    Raises:
        Exception: A certificate or a credential provider is not there.
    """

    def __init__(self, destination: Destination) -> None:
        import requests  # noqa: PLC0415 - 50 ms that a process without export does not pay

        self._url = destination.url
        self._connection_error = requests.exceptions.ConnectionError
        self._kept = False
        session = credentials("HTTP")
        if session is not None and not isinstance(session, requests.Session):
            raise TypeError(
                f"the credential provider gave a {type(session).__name__}, not a requests.Session"
            )
        self._session = session or requests.Session()
        # With every request: in the session it would count less than REQUESTS_CA_BUNDLE (requests 2.34).
        self._verify = _file("CERTIFICATE")
        certificate, key = _file("CLIENT_CERTIFICATE"), _file("CLIENT_KEY")
        if certificate is not None:
            self._session.cert = (certificate, key) if key else certificate
        self._timeout_s = timeout_s()
        self._compression = compression(("gzip", "deflate"))
        self._headers = {"user-agent": USER_AGENT, "content-type": "application/x-protobuf"}
        if self._compression is not None:
            self._headers["content-encoding"] = self._compression
        self._headers.update(destination.headers)

    def send(self, body: bytes) -> Answer:
        """Send a request; see `Wire`."""
        data = self._compressed(body)
        try:
            try:
                return self._post(data)
            except self._connection_error:
                if not self._kept:
                    raise
                # The backend closed a connection that was kept, just when it was used again.
                self._kept = False
                return self._post(data)
        except Exception as error:  # noqa: BLE001 - whatever it is: nobody answered
            self._kept = False
            return Answer(Verdict.LATER, words(error))

    def _post(self, data: bytes) -> Answer:
        with self._session.post(
            self._url,
            data=data,
            headers=self._headers,
            timeout=(min(CONNECT_S, self._timeout_s), self._timeout_s),
            verify=self._verify,
            allow_redirects=False,  # where to, is not the backend's to decide: a redirect is a wrong URL
            stream=True,
        ) as response:
            content = response.raw.read(ANSWER_BYTES, decode_content=True) or b""
            self._kept = True
            return _answer(response, content)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _compressed(self, body: bytes) -> bytes:
        if self._compression == "gzip":
            return gzip.compress(body, 6)
        return zlib.compress(body) if self._compression == "deflate" else body


def _answer(response: requests.Response, content: bytes) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return taken(content, cast("Mapping[str, str]", response.headers))
    verdict = Verdict.REFUSED
    if status in LATER:
        verdict = Verdict.LATER
    elif status in CLOSED or 300 <= status < 400:
        verdict = Verdict.CLOSED
    elif status == TOO_LARGE:
        verdict = Verdict.TOO_LARGE
    return Answer(
        verdict,
        cause=f"{status} {_message(response, content) or response.reason or ''}".strip()[:CAUSE_CHARS],
        after_s=_retry_after_s(response.headers.get("retry-after")),
        version=response.headers.get(VERSION_HEADER),
    )


def _message(response: requests.Response, content: bytes) -> str:
    """What the body of a failure says: a `google.rpc.Status`, where it is one."""
    if not response.headers.get("content-type", "").startswith("application/x-protobuf"):
        return ""
    try:
        return str(Status.FromString(content).message)
    except Exception:  # noqa: BLE001 - then there is only the status
        return ""


def _retry_after_s(value: str | None) -> float | None:
    """Read ``Retry-After`` (RFC 9110, 10.2.3): seconds or a date; None where it is neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _file(name: str) -> str | None:
    """A file that a variable names.

    Raises:
        OSError: It cannot be read. It is better said now than with every request.
    """
    path = setting(name)
    if path is not None:
        with open(path, "rb"):  # noqa: PTH123 - only whether it opens
            pass
    return path
