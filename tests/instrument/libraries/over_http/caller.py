"""An agent that calls others, as it is told on its standard input.

A line is a JSON object: ``client`` (a name in CLIENTS), ``url``, and what `ask` takes. So is the answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import weft

if os.environ.get("ORDER") == "clients-first":
    import aiohttp
    import httpx
    import httpx2
    import requests
    import urllib3
    from httpx import get as early_get

if TYPE_CHECKING:
    from collections.abc import Callable

# Two hosts that are not this machine by their names, and are it in truth.
_resolve = socket.getaddrinfo


def resolve(host: Any, *arguments: Any, **named: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    return _resolve("127.0.0.1" if str(name).endswith(".example.com") else host, *arguments, **named)


socket.getaddrinfo = resolve

Answer = tuple[int, str]


def httpx_get(url: str, headers: dict[str, str], **_: Any) -> Answer:
    with httpx.Client(follow_redirects=True, headers=headers) as client:
        answer = client.get(url)
    return answer.status_code, answer.text


def httpx_early(url: str, headers: dict[str, str], **_: Any) -> Answer:
    answer = early_get(url, follow_redirects=True, headers=headers)
    return answer.status_code, answer.text


def httpx_async(url: str, headers: dict[str, str], **_: Any) -> Answer:
    async def call() -> Answer:
        async with httpx.AsyncClient(follow_redirects=True) as client:
            answer = await client.get(url, headers=headers)
            return answer.status_code, answer.text

    return asyncio.run(call())


def httpx_stream(url: str, headers: dict[str, str], **_: Any) -> Answer:
    with httpx.stream("GET", url, headers=headers) as answer:
        return answer.status_code, b"".join(answer.iter_bytes()).decode()


def httpx2_get(url: str, headers: dict[str, str], **_: Any) -> Answer:
    with httpx2.Client(follow_redirects=True) as client:
        answer = client.get(url, headers=headers)
    return answer.status_code, answer.text


def httpx2_async(url: str, headers: dict[str, str], **_: Any) -> Answer:
    async def call() -> Answer:
        async with httpx2.AsyncClient(follow_redirects=True) as client:
            answer = await client.get(url, headers=headers)
            return answer.status_code, answer.text

    return asyncio.run(call())


def in_process(library: Any) -> Callable[..., Answer]:
    """An ASGI application that runs here, and tells the headers it was called with."""

    async def app(scope: Any, _: Any, send: Any) -> None:
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": json.dumps(headers).encode()})

    async def call(url: str) -> Answer:
        async with library.AsyncClient(transport=library.ASGITransport(app)) as client:
            answer = await client.get(url)
            return answer.status_code, answer.text

    return lambda url, *_, **__: asyncio.run(call(url))


def httpx_wsgi(url: str, *_: Any, **__: Any) -> Answer:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        headers = [
            (name[5:].lower().replace("_", "-"), value)
            for name, value in environ.items()
            if name[:5] == "HTTP_"
        ]
        return [json.dumps(headers).encode()]

    with httpx.Client(transport=httpx.WSGITransport(app)) as client:
        answer = client.get(url)
    return answer.status_code, answer.text


def httpx_custom(url: str, *, named: bool = False) -> Answer:
    class Custom(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return transport.handle_request(request=request) if named else transport.handle_request(request)

    with httpx.HTTPTransport() as transport, httpx.Client(mounts={"all://": Custom()}) as client:
        answer = client.get(url)
    return answer.status_code, answer.text


def ollama_get(url: str, *_: Any, **__: Any) -> Answer:
    import ollama

    client = ollama.Client(host=url.rpartition("/")[0])
    answer = client._client.get("/echo")
    return answer.status_code, answer.text


def requests_body(url: str, *_: Any, **__: Any) -> Answer:
    answer = requests.post(url, data=(part for part in [b"one", b"two"]), timeout=10)
    return answer.status_code, answer.text


def urllib_body(url: str, *_: Any, **__: Any) -> Answer:
    request = urllib.request.Request(url, data=(part for part in [b"one", b"two"]), method="POST")
    with urllib.request.urlopen(request) as answer:
        return answer.status, answer.read().decode()


def requests_get(url: str, headers: dict[str, str], *, retries: int = 0, **_: Any) -> Answer:
    with requests.Session() as session:
        policy = urllib3.Retry(retries, status_forcelist=[503], backoff_factor=0, allowed_methods=None)
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=policy))
        answer = session.get(url, headers=headers, timeout=10, stream=True)
        return answer.status_code, answer.text


def urllib3_get(url: str, headers: dict[str, str], *, retries: int = 3, **_: Any) -> Answer:
    policy = urllib3.Retry(retries, status_forcelist=[503], backoff_factor=0)
    answer = pool.request("GET", url, headers=headers, retries=policy)
    return answer.status, answer.data.decode()


def urllib_get(url: str, headers: dict[str, str], **_: Any) -> Answer:
    request = urllib.request.Request(url, headers=headers)
    before = dict(request.headers)
    with urllib.request.urlopen(request) as answer:
        assert request.headers == before  # it is the program's, which may send it again
        return answer.status, answer.read().decode()


def aiohttp_get(url: str, headers: dict[str, str], *, max_redirects: int = 10, **_: Any) -> Answer:
    async def call() -> Answer:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(url, max_redirects=max_redirects) as answer,
        ):
            return answer.status, await answer.text()

    return asyncio.run(call())


def aiohttp_old(url: str, headers: dict[str, str], **_: Any) -> Answer:
    """With a session that is older than ``weft.init``."""

    async def call() -> Answer:
        async with old_session.get(url, headers=headers) as answer:
            return answer.status, await answer.text()

    return loop.run_until_complete(call())


async def new_session() -> Any:
    return aiohttp.ClientSession()


CLIENTS: dict[str, Callable[..., Answer]] = {
    "httpx": httpx_get,
    "httpx-early": httpx_early,
    "httpx-async": httpx_async,
    "httpx-stream": httpx_stream,
    "httpx-asgi": lambda *arguments, **_: in_process(httpx)(*arguments),
    "httpx2-asgi": lambda *arguments, **_: in_process(httpx2)(*arguments),
    "httpx-wsgi": httpx_wsgi,
    "httpx-custom": lambda url, *_, **__: httpx_custom(url),
    "httpx-custom-named": lambda url, *_, **__: httpx_custom(url, named=True),
    "ollama": ollama_get,
    "httpx2": httpx2_get,
    "httpx2-async": httpx2_async,
    "requests": requests_get,
    "urllib3": urllib3_get,
    "urllib": urllib_get,
    "requests-body": requests_body,
    "urllib-body": urllib_body,
    "aiohttp": aiohttp_get,
    "aiohttp-old": aiohttp_old,
}


def ask(
    client: str,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    baggage: dict[str, str] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Call once, in a workflow of its own."""
    from opentelemetry import baggage as api
    from opentelemetry.context import Context, attach, detach

    context = Context()
    for key, value in (baggage or {}).items():
        context = api.set_baggage(key, value, context)
    token = attach(context)
    try:
        with weft.workflow("call") as span:
            identity = span.get_span_context()
            try:
                status, text = CLIENTS[client](url, headers or {}, **options)
            except Exception as error:  # noqa: BLE001 - the answer to whoever asked
                status, text = 0, f"{type(error).__name__}: {error}"
        return {
            "trace": f"{identity.trace_id:032x}",
            "span": f"{identity.span_id:016x}",
            "status": status,
            "text": text,
        }
    finally:
        detach(token)


def at_once(number: int, client: str, url: str, **options: Any) -> list[dict[str, Any]]:
    """Call as often as that from as many threads, each with baggage of its own."""
    with ThreadPoolExecutor(number) as threads:
        calls = [
            threads.submit(ask, client, url, baggage={"number": str(each)}, **options)
            for each in range(number)
        ]
    return [call.result() for call in calls]


if os.environ.get("ORDER") == "clients-first":
    loop = asyncio.new_event_loop()
    old_session = loop.run_until_complete(new_session())
weft.init("caller", instrument=os.environ.get("INSTRUMENT") != "none")
if os.environ.get("ORDER") != "clients-first":
    import aiohttp
    import httpx
    import httpx2
    import requests
    import urllib3
    from httpx import get as early_get
pool = urllib3.PoolManager()
for line in sys.stdin:
    order = json.loads(line)
    number = order.pop("number", 0)
    print(json.dumps(at_once(number, **order) if number else ask(**order)), flush=True)
