"""An agent behind a door of its own: FastAPI, Flask or a Redis channel.

python -m tests.e2e.faults.serve http|flask|redis AGENT
"""

import asyncio
import logging
import signal
import sys
from dataclasses import asdict
from typing import Any

from tests.e2e.faults.crew import Answered500, Crew
from tests.e2e.faults.fault import Task
from tests.e2e.faults.marks import mark
from tests.e2e.faults.reach import Reach, where
from tests.e2e.faults.telemetry import connect
from tests.e2e.faults.topologies import TOPOLOGIES

import weft


def over_http(agent: str, crew: Crew) -> None:
    """Serve with FastAPI."""
    import fastapi
    import uvicorn

    app = fastapi.FastAPI()

    @app.post("/tasks")
    async def do(request: fastapi.Request) -> fastapi.Response:
        try:
            value = await crew.work(agent, Task.from_json(await request.json()))
        except Answered500:
            mark("origin")
            return fastapi.responses.JSONResponse({"error": "no result"}, status_code=500)
        return fastapi.responses.JSONResponse(asdict(value))

    uvicorn.run(app, port=where()["http"][agent], log_level="critical")


def over_flask(agent: str, crew: Crew) -> None:
    """Serve with Flask."""
    import flask

    app = flask.Flask(agent)

    @app.post("/tasks")
    def do() -> Any:
        try:
            value = asyncio.run(crew.work(agent, Task.from_json(flask.request.get_data(as_text=True))))
        except Answered500:
            mark("origin")
            return {"error": "no result"}, 500
        return asdict(value)

    logging.disable()  # Flask tells of every exception, and they are the purpose here
    app.run(port=where()["http"][agent], threaded=True)


def over_redis(agent: str, crew: Crew) -> None:
    """Take tasks from a channel, and publish what became of them."""
    import redis.asyncio

    async def serve() -> None:
        async with redis.asyncio.Redis(port=where()["redis"]) as client, client.pubsub() as tasks:
            await tasks.subscribe(f"{agent}-tasks")
            async for task in weft.redis.listen(tasks):
                with task:
                    await weft.redis.publish(client, f"{agent}-replies", await reply(task.payload))

    async def reply(payload: Any) -> dict[str, Any]:
        try:
            value = await crew.work(agent, Task.from_json(payload["task"]))
        except Exception as error:  # noqa: BLE001 - the next task has nothing to do with it
            return {"id": payload["id"], "error": f"{type(error).__name__}: {error}"}
        return {"id": payload["id"], "value": asdict(value)}

    asyncio.run(serve())


if __name__ == "__main__":
    door, agent = sys.argv[1:]
    connect(agent)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # by way of what sends the last spans
    crew = Crew(TOPOLOGIES[where()["topology"]], Reach)
    {"http": over_http, "flask": over_flask, "redis": over_redis}[door](agent, crew)
