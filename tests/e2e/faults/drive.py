"""The process in which a program begins: runs its workflow once for every fault it is given.

A fault a line on standard input, as JSON; a line on standard output for each: `{"trace_id", "failed"}`.
"""

import asyncio
import json
import sys
from contextlib import suppress
from typing import Any

import redis
from tests.e2e.faults.crew import Crew
from tests.e2e.faults.fault import SLOW, Fault, Task, Value, fault_of
from tests.e2e.faults.reach import Reach, where
from tests.e2e.faults.steps import UNHURRIED_S
from tests.e2e.faults.strike import hang_s
from tests.e2e.faults.telemetry import connect
from tests.e2e.faults.topologies import TOPOLOGIES
from tests.e2e.faults.topology import DRIVER, Topology
from tests.servers import listens, until

import weft

#: How long what a run left behind may take to end.
PATIENCE_S = 20.0
MARGIN_S = 0.2


async def drive(topology: Topology) -> None:
    """Run the workflow once for every line."""
    crew = Crew(topology, Reach)
    _wait_for_everybody(topology)
    await _run(crew, topology, Fault("raise", "nowhere"))  # what is slow the first time has been so
    for line in sys.stdin:
        fault = fault_of(json.loads(line))
        _wait_for_everybody(topology)
        print(json.dumps(await _run(crew, topology, fault)), flush=True)


async def _run(crew: Crew, topology: Topology, fault: Fault) -> dict[str, Any]:
    failed, trace_id = False, ""
    with suppress(Exception), weft.workflow(topology.name) as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"
        failed = True
        await crew.work(topology.root, Task(Value(), fault))
        failed = False
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=PATIENCE_S)
    await asyncio.sleep(_busy_s(fault))
    return {"trace_id": trace_id, "failed": failed}


def _busy_s(fault: Fault) -> float:
    """How long other processes may still be at work when a run is over: the next one is to find them free."""
    if fault.kind in SLOW:
        return hang_s(fault.patience_s) + MARGIN_S
    return 2 * UNHURRIED_S + MARGIN_S if fault.kind == "cancelled_sibling" else 0


def _wait_for_everybody(topology: Topology) -> None:
    """Wait for the services: one of them may have been killed in the run before."""
    places = where()
    ports = list(places["http"].values())
    until(lambda: all(map(listens, ports)), f"somebody listens on {ports}")
    if channels := [f"{call.agent}-tasks" for call in topology.calls() if call.over == "redis"]:
        with redis.Redis(port=places["redis"]) as client:
            until(lambda: all(count for _, count in client.pubsub_numsub(*channels)), f"all take {channels}")


if __name__ == "__main__":
    connect(DRIVER)
    asyncio.run(drive(TOPOLOGIES[where()["topology"]]))
