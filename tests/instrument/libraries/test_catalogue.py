"""Which libraries are instrumented, and when."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from weft.instrument.libraries import catalogue
from weft.instrument.libraries.catalogue import LIBRARIES, Library

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

SCRIPT = """
import json, sys
import weft
weft.init("a")
names = "httpx", "requests", "urllib3", "aiohttp", "fastapi", "starlette", "flask", "django"
loaded = [name for name in names if name in sys.modules]
import aiohttp.web, flask, httpx, httpx2, requests, starlette.applications, fastapi, threading, urllib3
import urllib.request, django.core.handlers.base
print(json.dumps({
    "loaded": loaded,
    "patched": [name for name, function in {
        "httpx": httpx.HTTPTransport.handle_request,
        "httpx2": httpx2.HTTPTransport.handle_request,
        "requests": requests.adapters.HTTPAdapter.send,
        "urllib3": urllib3.connectionpool.HTTPConnectionPool._make_request,
        "urllib": urllib.request.AbstractHTTPHandler.do_open,
        "aiohttp-client": aiohttp.ClientSession.__init__,
        "aiohttp-server": aiohttp.web.Application.pre_freeze,
        "django": django.core.handlers.base.BaseHandler.load_middleware,
        "starlette": starlette.applications.Starlette.build_middleware_stack,
        "fastapi": fastapi.FastAPI.build_middleware_stack,
        "flask": flask.Flask.__call__,
        "threading": threading.Thread.start,
    }.items() if hasattr(function, "__wrapped__")],
}))
"""
WEB = {
    "httpx", "httpx2", "requests", "urllib3", "urllib", "aiohttp-client", "aiohttp-server",
    "starlette", "fastapi", "flask", "django", "threading",
}  # fmt: skip
ALL = {library.name for library in LIBRARIES}


def run(script: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )


def test_every_library_is_instrumented_when_it_is_imported_and_none_is_loaded_before() -> None:
    done = run(SCRIPT)
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["loaded"] == []
    assert set(found["patched"]) == WEB


@pytest.fixture
def instrumented(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the libraries that are instrumented, in place of doing it."""
    names: list[str] = []

    def instrument(name: str) -> Callable[[ModuleType], None]:
        return lambda module: names.append(name)

    # json stands in for every library: it is loaded already, so that the hooks run at once.
    libraries = [Library(library.name, "json", instrument(library.name)) for library in LIBRARIES]
    monkeypatch.setattr(catalogue, "LIBRARIES", libraries)
    monkeypatch.setattr(catalogue, "_hooked", set())
    return names


@pytest.mark.parametrize(
    ("wanted", "disabled", "expected"),
    [
        (True, "", ALL),
        (False, "", set()),
        (None, "", set()),
        ([], "", set()),
        (["httpx", "aiohttp_client"], "", {"httpx", "aiohttp-client"}),
        ("httpx, flask", "", {"httpx", "flask"}),
        (True, "httpx, flask ,starlette", ALL - {"httpx", "flask", "starlette"}),
        (True, "*", set()),
        (["httpx", "flask"], "flask", {"httpx"}),
    ],
)
def test_each_can_be_switched_off(
    instrumented: list[str], monkeypatch: pytest.MonkeyPatch, wanted: Any, disabled: str, expected: set[str]
) -> None:
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", disabled)
    catalogue.instrument(wanted)
    assert set(instrumented) == expected


def test_none_is_instrumented_twice(instrumented: list[str]) -> None:
    catalogue.instrument(["httpx"])
    catalogue.instrument(["httpx", "flask"])
    assert instrumented == ["httpx", "flask"]


def test_an_unknown_name_is_one_line_and_the_others_are_instrumented(
    instrumented: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    catalogue.instrument(["httpx", "htpx"])
    assert instrumented == ["httpx"]
    (record,) = caplog.records
    assert "htpx" in record.getMessage()
    assert "threading" in record.getMessage()


def test_a_library_whose_instrumentation_fails_is_still_imported() -> None:
    script = """
import sys
import weft
sys.modules["opentelemetry.instrumentation.httpx"] = None  # importing it raises
weft.init("a")
import httpx
print(httpx.Client)
"""
    done = run(script)
    assert "httpx" in done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert "httpx is not instrumented" in done.stderr
