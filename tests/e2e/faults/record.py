"""Records a corpus: every program with every fault, and the truth beside it.

    python -m tests.e2e.faults.record /tmp/faults [--most 2] [--only chain,loop] [--kinds raise,timeout]

Writes `dev/RUN.jsonl` and `dev/RUN.truth.json`, and `held/…` for what is kept out of sight.
"""

import argparse
import json
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.faults.fault import HELD_KINDS, KINDS, Fault
from tests.e2e.faults.house import Ran, house
from tests.e2e.faults.recording import Trace, traces
from tests.e2e.faults.scenarios import scenarios
from tests.e2e.faults.topologies import HELD_TOPOLOGIES, TOPOLOGIES
from tests.e2e.faults.topology import Topology
from tests.e2e.faults.truth import Truth, Void, truth

#: Not every program has agents that work side by side, or processes that can be killed.
FEW = ("cancelled_sibling", "dead_worker")


def runs(topology: Topology, faults: list[Fault]) -> list[tuple[Ran, Trace]]:
    """Run a program once for every fault."""
    with tempfile.TemporaryDirectory() as directory, house(topology, Path(directory)) as program:
        ran = [program.run(fault) for fault in faults]
    unreported = {each.trace_id: each.fault.unreported for each in ran if each.fault.unreported}
    recorded = traces(program.receiver.bodies, unreported)
    return [(each, recorded.get(each.trace_id, Trace([], {}))) for each in ran]


def attempted(topology: Topology, faults: list[Fault]) -> list[tuple[Truth, Trace]]:
    """Run a program once for every fault, and again, with more patience, where a run was void."""
    done = []
    for factor in (1, 2, 4):
        void = []
        for ran, trace in runs(topology, [fault.slower(factor) for fault in faults]):
            try:
                done.append((truth(ran, trace, topology), trace))
            except Void as reason:
                print(f"void: {topology.name} {ran.fault}: {reason}", flush=True)
                void.append(ran.fault)
        if not (faults := void):
            break
    return done


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, help="where the corpus goes")
    parser.add_argument("--most", type=int, default=2, help="runs of a kind in a program (2)")
    parser.add_argument("--only", default=",".join(TOPOLOGIES), help="these programs")
    parser.add_argument("--kinds", default=",".join(KINDS), help="these kinds")
    parser.add_argument("--at-once", type=int, default=2, help="how many programs run at the same time (2)")
    chosen = parser.parse_args()
    kinds = [kind for kind in KINDS if kind in chosen.kinds.split(",")]

    def record(name: str) -> Counter[str]:
        topology, counts = TOPOLOGIES[name], Counter[str]()
        faults = [fault for kind in kinds for fault in scenarios(topology, kind, chosen.most + (kind in FEW))]
        for number, (true, trace) in enumerate(attempted(topology, faults)):
            held = name in HELD_TOPOLOGIES or true.kind in HELD_KINDS
            half = "held" if held else "dev"
            run = chosen.directory / half / f"{name}-{true.kind}-{number}"
            run.parent.mkdir(parents=True, exist_ok=True)
            run.with_suffix(".jsonl").write_text("\n".join(trace.lines) + "\n")
            run.with_suffix(".truth.json").write_text(json.dumps(true.to_json(), indent=1) + "\n")
            counts[f"{half} {true.kind}"] += 1
        print(f"{name}: {counts.total()} of {len(faults)} runs", flush=True)
        return counts

    with ThreadPoolExecutor(chosen.at_once) as pool:
        total = sum(pool.map(record, chosen.only.split(",")), Counter[str]())
    for what, count in sorted(total.items()):
        print(f"{what:30}{count:5}")


if __name__ == "__main__":
    main()
