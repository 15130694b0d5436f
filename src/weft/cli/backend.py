"""A backend that runs, asked over HTTP."""

import http.client
import json
import os
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any, Final, TypeVar

from weft.analyse.clocks.clocks import NO_CLOCKS, Clocks
from weft.cli.failure import Failure, Unheard
from weft.model.agent_statistics import AgentStatistics
from weft.model.coverage import Coverage
from weft.model.edge_statistics import EdgeStatistics
from weft.model.shape import ShapeError, member
from weft.model.stretch import Stretch
from weft.model.summary import TraceSummary
from weft.present.terminal.text import clean

T = TypeVar("T")

_TIMEOUT_S: Final = 30.0  # for the connection, and for each read of the answer
_LARGEST: Final = 512 << 20  # bytes of an answer


class Backend:
    """A running backend.

    Args:
        url: Where its query API is, such as `http://127.0.0.1:16686`; a path before the API's own is kept.

    Raises:
        Failure: Not the address of an HTTP server.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urllib.parse.urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or parts.scheme not in {"http", "https"}:
            raise Failure(f"a backend's URL is like http://127.0.0.1:16686, not {clean(url, 200)!r}")
        self.name = clean(url, 200)
        self._base = url.rstrip("/")
        self._address = (host, port or (443 if parts.scheme == "https" else 80))
        # A proxy has another idea of what 127.0.0.1 is.
        proxies = urllib.request.ProxyHandler({} if _is_loopback(host) else None)
        self._opener = urllib.request.build_opener(proxies)
        token = os.environ.get("WEFT_TOKEN")
        self._opener.addheaders = [("Authorization", f"Bearer {token}")] if token else []

    def listens(self) -> bool:
        """Find out whether anything accepts connections there."""
        try:
            socket.create_connection(self._address, _TIMEOUT_S).close()
        except ConnectionRefusedError:
            return False
        except OSError as error:
            raise self._unreachable(error) from error
        return True

    def traces(self, limit: int, service: str | None = None) -> list[TraceSummary]:
        """Ask for the newest traces.

        Raises:
            Failure: Nobody answers there, or not as a backend does.
        """
        question = {"limit": str(limit)} | ({"service": service} if service else {})
        return self._ask("traces", question, lambda answer: _each(answer, "traces", TraceSummary.from_json))

    def agents(self, time: Stretch) -> tuple[Coverage, list[AgentStatistics]]:
        """Ask what agents did, and what that rests on.

        Raises:
            Failure: Nobody answers there, or not as a backend does.
        """
        return self._ask(
            "agents",
            _question(time),
            lambda answer: (_coverage(answer), _each(answer, "agents", AgentStatistics.from_json)),
        )

    def edges(
        self, time: Stretch, from_agent: str | None = None, to_agent: str | None = None
    ) -> tuple[Coverage, list[EdgeStatistics]]:
        """Ask what became of hand-offs, and what that rests on.

        Raises:
            Failure: Nobody answers there, or not as a backend does.
        """
        return self._ask(
            "edges",
            _question(time) | {"from": from_agent or "", "to": to_agent or ""},
            lambda answer: (_coverage(answer), _each(answer, "edges", EdgeStatistics.from_json)),
        )

    def clocks(self) -> Clocks:
        """Ask what is known of the clocks of hosts; nothing is by a backend that cannot say it.

        Raises:
            Failure: Nobody answers there, or not as a backend does.
        """
        status, answer = self._get("/weft/v1/clocks")
        if status != 200:
            return NO_CLOCKS
        try:
            return Clocks.from_json(member(answer, "clocks", dict, "answer"), "answer.clocks")
        except ShapeError as error:
            raise Failure(f"{self.name} does not answer as Weft does: {error}") from error

    def trace(self, trace_id: str) -> object | None:
        """Ask for one trace.

        Args:
            trace_id: 16 or 32 hex digits.

        Returns:
            The trace in Jaeger's JSON, unchecked; None when the backend does not have it.

        Raises:
            Failure: Nobody answers there, or not as a backend does.
        """
        status, answer = self._get(f"/api/traces/{trace_id}?raw=true")
        if status == 404 and "not found" in _complaint(answer):
            return None
        if status != 200:
            raise self._refusal(status, answer)
        try:
            found = member(answer, "data", list, "answer")
        except ShapeError as error:
            raise Failure(f"{self.name} does not answer as Jaeger's API does: {error}") from error
        return found[0] if found else None

    def _ask(self, what: str, question: Mapping[str, str], read: Callable[[object], T]) -> T:
        """Ask Weft's own API, and read the answer."""
        status, answer = self._get(f"/weft/v1/{what}?{urllib.parse.urlencode(question)}")
        if status != 200:
            raise self._refusal(status, answer)
        try:
            return read(answer)
        except ShapeError as error:
            raise Failure(f"{self.name} does not answer as Weft does: {error}") from error

    def _get(self, path: str) -> tuple[int, object]:
        """Ask, and read the answer as JSON; None stands for an answer that is not JSON."""
        try:
            with self._opener.open(self._base + path, timeout=_TIMEOUT_S) as response:
                body = response.read(_LARGEST + 1)
                if response.length and len(body) <= _LARGEST:
                    raise http.client.IncompleteRead(body, response.length)
                return response.status, self._json(body)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, self._json(error.read(_LARGEST + 1))
        except (OSError, http.client.HTTPException, ValueError) as error:
            cause = error.reason if isinstance(error, urllib.error.URLError) else error
            if isinstance(cause, ConnectionRefusedError):
                raise Unheard(f"nothing listens on {self.name}; start a backend with `weft up`") from error
            raise self._unreachable(cause) from error

    def _json(self, body: bytes) -> object:
        if len(body) > _LARGEST:
            raise Failure(f"{self.name} answers with more than {_LARGEST >> 20} MiB; that is not read")
        try:
            value: object = json.loads(body)
        except (ValueError, RecursionError):
            return None
        return value

    def _unreachable(self, cause: object) -> Failure:
        why = clean(str(cause) or type(cause).__name__, 300)
        return Failure(f"{self.name} cannot be asked: {why}. Is a Weft backend there (--url, WEFT_URL)?")

    def _refusal(self, status: int, answer: object) -> Failure:
        if status == 401:
            another = "another token than that of" if os.environ.get("WEFT_TOKEN") else "a token: set"
            return Failure(f"{self.name} wants {another} WEFT_TOKEN")
        said = _complaint(answer)
        reason = f"answers {status}: {said}" if said else f"answers {status}; is a Weft backend there?"
        return Failure(f"{self.name} {reason}")


def _question(time: Stretch) -> dict[str, str]:
    return {
        "start_ns": str(time.start_ns),
        "end_ns": str(time.end_ns),
        "every_ns": str(time.every_ns),
        "limit": str(time.limit),
    }


def _coverage(answer: object) -> Coverage:
    return Coverage.from_json(member(answer, "coverage", dict, "answer"), "answer.coverage")


def _each(answer: object, key: str, read: Callable[[object, str], T]) -> list[T]:
    found = member(answer, key, list, "answer")
    return [read(value, f"answer.{key}[{index}]") for index, value in enumerate(found)]


def _complaint(answer: object) -> str:
    """Find the message in an error of Weft's API or of Jaeger's."""
    if not isinstance(answer, dict):
        return ""
    errors: Any = answer.get("errors")
    error: Any = errors[0] if isinstance(errors, list) and errors else answer.get("error")
    message = (error.get("message") or error.get("msg")) if isinstance(error, dict) else None
    return clean(message, 300) if isinstance(message, str) else ""


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
