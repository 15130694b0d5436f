"""A writing agent on Redis Pub/Sub: takes tasks from the channel `agent-tasks`, answers on `agent-replies`.

    python examples/redis_server.py          (a Redis, if none runs)
    python examples/writer.py

Redis messages have no headers, so the trace context travels in the message: `weft.redis.listen` reads it and
makes the work on a task part of its sender's trace, `weft.redis.publish` writes it for who takes the reply.
"""

import argparse
import json
import os
import signal
import sys
from typing import Any

import redis

import model
import weft

weft.init("writing-agent")

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")


@weft.agent("writer")
def write(topic: str, notes: str) -> str:
    return model.chat(
        f"Write one paragraph about: {topic}\n\nNotes:\n{notes}",
        system="You are a writer of plain, exact prose. Keep the citations.",
    )


def reply(payload: Any) -> dict[str, Any]:
    """The draft, or what went wrong: somebody waits for one or the other."""
    task: dict[str, Any] = {}
    try:
        # A sender without Weft writes plain JSON, which comes as it was sent.
        task = payload if isinstance(payload, dict) else dict(json.loads(payload))
        return {"id": task["id"], "draft": write(task["topic"], task["notes"])}
    except Exception as error:  # noqa: BLE001 - the next task has nothing to do with it
        return {"id": task.get("id"), "error": f"{type(error).__name__}: {error}"}


def work(broker: redis.Redis) -> None:
    """Take tasks, one after the other, for ever."""
    with broker.pubsub() as tasks:
        tasks.subscribe("agent-tasks")
        example = '{"id": "1", "topic": "tea", "notes": "none"}'
        print(f"try: redis-cli -u {REDIS_URL} publish agent-tasks '{example}'", flush=True)
        for task in weft.redis.listen(tasks):
            with task:
                weft.redis.publish(broker, "agent-replies", reply(task.payload))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--redis", default=REDIS_URL, metavar="URL", help=f"default: REDIS_URL, or else {REDIS_URL}"
    )
    REDIS_URL = parser.parse_args().redis
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit()
    )  # by way of the exit handlers, which send the last spans
    try:
        work(redis.Redis.from_url(REDIS_URL))
    except redis.ConnectionError as error:
        sys.exit(f"writer: no Redis at {REDIS_URL}: {error} Start one: python examples/redis_server.py")
    except KeyboardInterrupt:
        sys.exit()
