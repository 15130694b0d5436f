"""Workers in a process of its own, with nothing but ``weft.init``; and with it switched off by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys

SCRIPT = """
import asyncio, json, queue, threading
import weft

weft.init("a")

import anyio
from opentelemetry import trace

answers = {}

def note(name):
    answers.setdefault(name, []).append(trace.get_current_span().get_span_context().trace_id)

def thread_worker(items):
    while items.get() is not None:
        note("queue")
        items.task_done()

async def worker(name, take):
    while await take() is not None:
        note(name)

async def main():
    items = asyncio.Queue()
    send, receive = anyio.create_memory_object_stream(10)
    with weft.agent("starter"):
        workers = [
            asyncio.create_task(worker("asyncio", items.get)),
            asyncio.create_task(worker("wait_for", lambda: asyncio.wait_for(other.get(), 10))),
            asyncio.create_task(worker("anyio", receive.receive)),
        ]
        await asyncio.sleep(0)
    for number in range(3):
        with weft.workflow("w") as span:
            answers.setdefault("expected", []).append(span.get_span_context().trace_id)
            for each in (items, other):
                await each.put(number)
            threads.put(number)
            await send.send(number)
        await asyncio.to_thread(threads.join)
    for each in (items, other):
        await each.put(None)
    await send.send(None)
    await asyncio.gather(*workers)
    send.close()
    receive.close()

other = asyncio.Queue()
threads = queue.Queue()
thread = threading.Thread(target=thread_worker, args=(threads,))
thread.start()
asyncio.run(main())
threads.put(None)
thread.join()
answers["wrapped"] = [hasattr(each, "__wrapped__") for each in (asyncio.Queue.put_nowait, queue.Queue._put)]
print(json.dumps(answers))
"""


def run(**variables: str) -> dict[str, list[int]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "OTEL_TRACES_EXPORTER": "none", **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    answer: dict[str, list[int]] = json.loads(done.stdout)
    return answer


def test_a_worker_works_in_the_trace_of_each_item() -> None:
    answers = run()
    assert len(set(answers["expected"])) == 3
    for way in ("asyncio", "wait_for", "anyio", "queue"):
        assert answers[way] == answers["expected"], way


def test_switched_off_a_worker_stays_where_it_was_started() -> None:
    answers = run(OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="asyncio-queue,queue,anyio")
    for way in ("asyncio", "wait_for", "anyio"):
        assert len(set(answers[way])) == 1
        assert not set(answers[way]) & set(answers["expected"])
    assert set(answers["queue"]) == {0}
    assert answers["wrapped"] == [False, False]
