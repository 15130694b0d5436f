"""How long it takes to explain one large trace, pass by pass, beside a yardstick in the same run.

    python benchmarks/explain.py [--spans 10000] [--rounds 15] [--json]

The trace is one workflow of several agents that hand work on over HTTP and a queue, call models and tools,
and fail now and then. It is read from an OTLP file as `weft analyse` reads it; explaining begins with the
trace in memory. Times are CPU milliseconds, the best of the rounds. The yardstick is to make the JSON of the
explanation and to parse it again with the standard library.
"""

import argparse
import gc
import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from facts import INTERNAL, Workflow, request_of
from weft.analyse.explain import passes, read, tell
from weft.analyse.reading import Reading
from weft.analyse.tree import repair
from weft.model.trace import Trace
from weft.query.files.open import read_files


def large(spans: int) -> Workflow:
    """A workflow of at least so many spans."""
    made = Workflow(random.Random(7))
    root = made.span("orchestrator", "invoke_workflow report", INTERNAL, None)
    while sum(map(len, made.spans.values())) < spans:
        made.hand_off("orchestrator", root, 1)
    made.end(root)
    return made


def through_a_file(made: Workflow) -> Trace:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.pb"
        path.write_bytes(request_of(made).SerializeToString())
        (trace,) = read_files([str(path)])
    return trace


def measure(trace: Trace, rounds: int) -> dict[str, float]:
    best: dict[str, float] = defaultdict(lambda: float("inf"))

    def timed(name: str, work: Callable[[], Any]) -> Any:
        begun = time.process_time_ns()
        done = work()
        best[name] = min(best[name], (time.process_time_ns() - begun) / 1e6)
        return done

    for _ in range(rounds):
        gc.collect()
        raw = timed("raw tree", lambda: Trace(trace.trace_id, trace.spans))
        reading = timed("repaired tree", lambda: Reading.of(raw, repair(raw)))  # noqa: B023 - called at once
        for step in passes():
            name = getattr(step, "__qualname__", None) or step.func.__name__  # type: ignore[attr-defined]
            name = name.partition(".")[0].replace("_", " ")
            reading = timed(name, lambda: step(reading))  # noqa: B023 - called at once
        timed("put together", lambda: tell(reading))  # noqa: B023 - called at once
        gc.collect()
        told = timed("all", lambda: tell(read(Trace(trace.trace_id, trace.spans))))
        gc.collect()
        timed("yardstick", lambda: json.loads(json.dumps(told.to_json())))  # noqa: B023 - called at once
    return dict(best)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    trace = through_a_file(large(given.spans))
    found = measure(trace, given.rounds)
    told = tell(read(trace))
    about = {"spans": len(trace.spans), "hand-offs": len(told.hand_offs), "failures": len(told.failures)}
    if given.json:
        print(json.dumps({**about, "cpu_ms": found}))
        return
    print(", ".join(f"{number:,} {what}" for what, number in about.items()))
    for name, ms in found.items():
        print(f"{name:22}{ms:9.1f} ms")


if __name__ == "__main__":
    main()
