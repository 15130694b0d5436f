"""Ids that no seed, fork or run repeats."""

from __future__ import annotations

import os
import subprocess
import sys

from weft.instrument.ids import OwnIds

SEEDED = """
import os, random, sys
import weft
weft.init("a")
random.seed(42)
for _ in range(2):
    with weft.agent("a") as span:
        print(f"{span.get_span_context().trace_id:032x}", flush=True)
    if os.fork() == 0:
        random.seed(42)
"""


def test_a_program_that_seeds_its_generator_has_new_ids_in_every_run_and_child() -> None:
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    ids = [
        line
        for _ in range(2)
        for line in subprocess.run(
            [sys.executable, "-c", SEEDED], env=environment, capture_output=True, text=True, check=True
        ).stdout.split()
    ]
    assert len(ids) >= 6
    assert len(set(ids)) == len(ids)


def test_an_id_is_never_zero() -> None:
    ids = OwnIds()
    given = iter([0, 7, 0, 8])
    ids._random.getrandbits = lambda _: next(given)  # type: ignore[method-assign]
    assert ids.generate_trace_id() == 7
    assert ids.generate_span_id() == 8
    assert ids.is_trace_id_random()
