"""Calls through a proxy: ``python callers.py PROXY_PORT``. Prints what was sent to whom, as JSON."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from typing import TYPE_CHECKING

import httpx
import requests
from opentelemetry import baggage, context

import weft

if TYPE_CHECKING:
    from collections.abc import Callable

PROXY = f"http://127.0.0.1:{sys.argv[1]}"
HOSTS = [
    "localhost:11434",
    "research-agent",
    "api.openai.com",
    "api.anthropic.com:8080",
    "api.allowed.example",
]
# Ports that one parser of URLs refuses and another one calls.
ODD = ["api.openai.com:+80", "api.openai.com:8_0"]
FORWARDED = {"x-b3-traceid": "1", "sentry-trace": "1-1", "baggage": "sentry-x=1"}


def with_httpx(url: str, headers: dict[str, str]) -> str:
    with httpx.Client(proxy=PROXY) as client:
        return client.get(url, headers=headers).text


def with_requests(url: str, headers: dict[str, str]) -> str:
    return requests.get(url, headers=headers, proxies={"http": PROXY}, timeout=10).text


def with_urllib(url: str, headers: dict[str, str]) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        text: str = answer.read().decode()
        return text


LIBRARIES: dict[str, Callable[[str, dict[str, str]], str]] = {
    "httpx": with_httpx,
    "requests": with_requests,
    "urllib": with_urllib,
}


def main() -> None:
    weft.init("caller")
    os.environ.update(http_proxy=PROXY, no_proxy="")
    context.attach(baggage.set_baggage("tenant", "7"))
    sent: dict[str, dict[str, object]] = {name: {} for name in LIBRARIES}
    with weft.workflow("report"):
        for name, call in LIBRARIES.items():
            for host in HOSTS:
                sent[name][host] = json.loads(call(f"http://{host}/v1", dict(FORWARDED)))
        for host in ODD:
            sent["urllib"][host] = json.loads(with_urllib(f"http://{host}/v1", dict(FORWARDED)))
    print(json.dumps(sent))


if __name__ == "__main__":
    main()
