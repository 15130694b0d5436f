"""An agent as a command: a task on standard input, its result on standard output."""

import asyncio
import json
import sys
from dataclasses import asdict

from tests.e2e.faults.crew import Crew
from tests.e2e.faults.fault import Task
from tests.e2e.faults.reach import Reach, where
from tests.e2e.faults.telemetry import connect
from tests.e2e.faults.topologies import TOPOLOGIES

if __name__ == "__main__":
    agent = sys.argv[1]
    connect(agent)
    crew = Crew(TOPOLOGIES[where()["topology"]], Reach)
    try:
        value = asyncio.run(crew.work(agent, Task.from_json(sys.stdin.read())))
    except Exception as error:  # noqa: BLE001 - whatever the agent raised
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
        sys.exit(1)
    print(json.dumps(asdict(value)))
