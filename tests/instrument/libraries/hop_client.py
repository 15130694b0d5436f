"""An agent that calls another one over HTTP: ``python hop_client.py LIBRARY URL``."""

from __future__ import annotations

import asyncio
import sys

import weft


def call(library: str, url: str) -> None:
    if library == "httpx":
        import httpx

        httpx.post(url).raise_for_status()
    elif library == "httpx-async":
        asyncio.run(httpx_async(url))
    elif library == "requests":
        import requests

        requests.post(url, timeout=10).raise_for_status()
    elif library == "aiohttp":
        asyncio.run(aiohttp_async(url))


async def httpx_async(url: str) -> None:
    import httpx

    async with httpx.AsyncClient() as client:
        (await client.post(url)).raise_for_status()


async def aiohttp_async(url: str) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.post(url) as response:
        response.raise_for_status()


weft.init("caller")
with weft.workflow("hop"), weft.agent("caller"):
    call(sys.argv[1], sys.argv[2])
