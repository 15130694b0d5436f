"""Transports of the user's own: the context goes along inside, and nothing goes outside."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, json, {library} as httpx, weft
weft.init("caller")
seen = []

def answer(request):
    seen.append([request.url.host, request.headers.get("traceparent")])
    return httpx.Response(200)

async def awaited():
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        await client.get("http://research-agent/")

with weft.agent("caller") as span:
    client = httpx.Client(transport=httpx.MockTransport(answer))
    client.get("http://research-agent/")
    client.get("https://api.anthropic.com/v1", headers=weft.inject({{}}))
    asyncio.run(awaited())
print(json.dumps([f"{{span.get_span_context().span_id:016x}}", seen]))
"""


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_a_transport_of_the_users_own_carries_the_context_inside_and_nothing_outside(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    command = [sys.executable, "-c", SCRIPT.format(library=library)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    span_id, seen = json.loads(done.stdout)
    assert [(host, parent and parent.split("-")[2]) for host, parent in seen] == [
        ("research-agent", span_id),
        ("api.anthropic.com", None),
        ("research-agent", span_id),
    ]
