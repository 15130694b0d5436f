"""The caller: hands work over in every way, one workflow each, and prints what it measured as JSON.

`drive.py '{"url": …, "slow_url": …, "redis": …, "slow_redis": …, "wait_s": …}'`
"""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import time_ns
from typing import Any

import httpx
import redis

import weft

HERE = Path(__file__).parent
Marks = Mapping[str, Any]
client = httpx.Client(timeout=60)


def call(url: str, late_s: float) -> Marks:
    sent_ns = time_ns()
    answer = client.post(url, json={"late_s": late_s}).raise_for_status().json()
    return {"sent_ns": sent_ns, "got_ns": time_ns(), **answer}


def publish(port: int, through: int, channel: str, *, busy_s: float = 0, late_s: float = 0) -> Marks:
    """Publish one message; one before it keeps the consumer busy, where it shall be.

    Args:
        port: Of Redis, for the marks.
        through: The same, or that of a slow network to it.
        channel: The consumer's.
        busy_s: How long the consumer shall be busy.
        late_s: How late it shall begin with the message.
    """
    with (
        redis.Redis(port=port) as marks,
        redis.Redis(port=through) as broker,
    ):
        if busy_s:
            weft.redis.publish(broker, channel, {"busy_s": busy_s, "late_s": 0})
        else:
            broker.ping()  # the connection is there
        sent_ns = time_ns()
        weft.redis.publish(broker, channel, {"busy_s": 0, "late_s": late_s})
        sent_by_ns = time_ns()
        for _ in range(2 if busy_s else 1):
            found: Any = marks.blpop([f"{channel}-marks"], timeout=60)
        return {"sent_ns": sent_ns, "sent_by_ns": sent_by_ns, **json.loads(found[1])}


def start(late_s: float) -> Marks:
    sent_ns = time_ns()
    done = subprocess.run(
        [sys.executable, HERE / "child.py", str(late_s)], check=True, capture_output=True, text=True
    )
    late_ns, begins_ns = map(int, done.stdout.split())
    return {"sent_ns": sent_ns, "late_ns": late_ns, "begins_ns": begins_ns}


def nap(wait_s: float) -> tuple[int, int]:
    came_ns = time_ns()
    with weft.agent("napper"):
        time.sleep(wait_s)
    return came_ns, time_ns()


def submit(wait_s: float) -> Marks:
    with ProcessPoolExecutor(1) as pool:
        pool.submit(nap, 0).result()  # the worker runs
        first = pool.submit(nap, wait_s)
        sent_ns = time_ns()
        second = pool.submit(nap, 0)
        sent_by_ns = time_ns()
        _, free_ns = first.result()
        had_ns, done_ns = second.result()
    return {
        "sent_ns": sent_ns,
        "sent_by_ns": sent_by_ns,
        "free_ns": free_ns,
        "had_ns": had_ns,
        "done_ns": done_ns,
    }


def put(wait_s: float) -> Marks:
    """Put an item for a worker thread that is busy."""
    items: queue.Queue[Mapping[str, float]] = queue.Queue()
    told: queue.SimpleQueue[Marks] = queue.SimpleQueue()

    def work() -> None:
        while item := items.get():
            had_ns = time_ns()
            with weft.agent("worker"):
                time.sleep(item["busy_s"])
            told.put({"had_ns": had_ns, "done_ns": time_ns()})

    threading.Thread(target=work, daemon=True).start()
    with weft.agent("boss"):
        items.put({"busy_s": wait_s})
        sent_ns = time_ns()
        items.put({"busy_s": 0})
        sent_by_ns = time_ns()
    free_ns = told.get()["done_ns"]
    items.put({})
    return {"sent_ns": sent_ns, "sent_by_ns": sent_by_ns, "free_ns": free_ns, **told.get()}


def main(url: str, slow_url: str, redis: int, slow_redis: int, wait_s: float) -> None:
    ways: dict[str, Callable[[], Marks]] = {
        "first call": lambda: call(url, 0),
        "late start": lambda: call(url, wait_s),
        "slow network": lambda: call(slow_url, 0),
        "first message": lambda: publish(redis, redis, "tasks"),
        "busy consumer": lambda: publish(redis, redis, "tasks", busy_s=wait_s),
        "late consumer": lambda: publish(redis, redis, "tasks", late_s=wait_s),
        "slow broker": lambda: publish(redis, slow_redis, "slow-tasks"),
        "busy and slow": lambda: publish(redis, slow_redis, "slow-tasks", busy_s=5 * wait_s),
        "late process": lambda: start(wait_s),
        "busy pool": lambda: submit(wait_s),
        "busy thread": lambda: put(wait_s),
    }
    measured = {}
    for way, hand_over in ways.items():
        with weft.workflow(way) as span:
            marks = hand_over()
            measured[way] = {"trace_id": f"{span.get_span_context().trace_id:032x}", **marks}
    print(json.dumps(measured))


if __name__ == "__main__":
    weft.init("caller")
    main(**json.loads(sys.argv[1]))
