"""Threads, timers, thread pools, executors, tasks: each works in the trace of whoever began it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

SCRIPT = """
import asyncio, json, threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
import weft
from opentelemetry import baggage, trace
from opentelemetry.context import attach

weft.init("a")
tracer = trace.get_tracer("theirs")
attach(baggage.set_baggage("user", "ada"))
seen = {}

def note(name):
    seen[name] = [trace.get_current_span().get_span_context().span_id, baggage.get_baggage("user")]

class Own(threading.Thread):
    def run(self):
        note("subclass")

class OwnAndTheirs(threading.Thread):
    def run(self):
        super().run()

class OwnTimer(threading.Timer):
    def run(self):
        note("timer-subclass")

async def main():
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(note, "to_thread")
    await loop.run_in_executor(None, note, "run_in_executor")
    await asyncio.create_task(task("create_task"))
    async with asyncio.TaskGroup() as group:
        group.create_task(task("group"))
    called = asyncio.Event()
    loop.call_soon(lambda: (note("call_soon"), called.set()))
    await called.wait()
    called.clear()
    done = lambda: (note("call_soon_threadsafe"), called.set())
    threading.Thread(target=loop.call_soon_threadsafe, args=(done,)).start()
    await called.wait()

async def task(name):
    await asyncio.sleep(0)
    note(name)

with weft.agent("creator"):
    pool = ThreadPoolExecutor(2)
    pool.submit(note, "first").result()
    others = ThreadPool(1)
with weft.agent("agent") as span:
    threads = [
        threading.Thread(target=note, args=("thread",)), Own(), OwnTimer(0, print),
        threading.Timer(0, note, ["timer"]), OwnAndTheirs(target=note, args=("subclass-with-target",)),
    ]
    for thread in threads: thread.start()
    pool.submit(note, "submit").result()
    pool.submit(print, end="").add_done_callback(lambda future: note("done-callback"))
    others.apply_async(len, ([],), {}, lambda length: note("pool-callback")).wait()
    others.apply_async(len, (7,), error_callback=lambda error: note("pool-error-callback")).wait()
    list(pool.map(note, ["map"]))
    asyncio.run(main())
for thread in threads: thread.join()
assert "run" not in vars(threads[1])
pool.submit(note, "nobodys").result()
print(json.dumps({"expected": span.get_span_context().span_id, "seen": seen}))
"""
WAYS = {
    "thread", "subclass", "subclass-with-target", "timer", "timer-subclass", "submit", "map", "to_thread",
    "run_in_executor", "done-callback", "pool-callback", "pool-error-callback", "create_task", "group",
    "call_soon", "call_soon_threadsafe",
}  # fmt: skip


def run(script: str, **variables: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "OTEL_TRACES_EXPORTER": "none", **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_every_way_to_begin_something_keeps_context_and_baggage() -> None:
    answer = run(SCRIPT)
    for way in WAYS:
        assert answer["seen"][way] == [answer["expected"], "ada"], way
    assert answer["seen"]["nobodys"] == [0, "ada"]


def test_what_runs_in_a_pools_threads_for_nobody_is_in_nobodys_trace() -> None:
    answer = run(
        """
import json, threading
from concurrent.futures import Future, ThreadPoolExecutor
import weft
from opentelemetry import trace

weft.init("a")
release, seen = threading.Event(), []
with weft.agent("first"):
    pool = ThreadPoolExecutor(1)
    future = pool.submit(release.wait)
add = Future.add_done_callback.__wrapped__  # as a library does that was there before us
add(future, lambda _: seen.append(trace.get_current_span().get_span_context().span_id))
release.set()
pool.shutdown()
print(json.dumps(seen))
"""
    )
    assert answer == [0]


def test_switched_off_a_thread_begins_with_nothing() -> None:
    answer = run(SCRIPT, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="threading")
    for way in ("thread", "subclass", "timer", "submit", "map"):
        assert answer["seen"][way] == [0, None], way
    for way in ("to_thread", "create_task", "group", "call_soon"):  # Python's own
        assert answer["seen"][way] == [answer["expected"], "ada"], way


def test_what_outlives_its_parent_stays_its_child() -> None:
    answer = run(
        """
import asyncio, json
import weft
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry import trace

class Kept(SpanProcessor):
    def on_end(self, span):
        ended.append([span.name, span.context.span_id, span.parent and span.parent.span_id])

ended = []
weft.init("a")
trace.get_tracer_provider().add_span_processor(Kept())

async def later(go):
    await go.wait()
    with weft.tool("late"):
        pass

async def main():
    go = asyncio.Event()
    with weft.agent("parent"):
        task = asyncio.create_task(later(go))
    go.set()
    await task
    print(json.dumps(ended))

asyncio.run(main())
"""
    )
    (parent, parent_id, _), (late, _, parent_of_late) = answer
    assert (parent, late) == ("invoke_agent parent", "execute_tool late")
    assert parent_of_late == parent_id


FAILING = """
import threading, weft
weft.init("a")
class Own(threading.Thread):
    def run(self): raise KeyError("mine")
thread = Own()
thread.start()
thread.join()
try: thread.start()
except RuntimeError as error: print(error)
"""


def test_errors_in_threads_are_told_as_ever() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING],
        env={**os.environ, "OTEL_TRACES_EXPORTER": "none"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == "KeyError: 'mine'"
    assert done.stdout.strip() == "threads can only be started once"
