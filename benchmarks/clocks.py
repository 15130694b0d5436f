"""How well clocks are learned: on real traces, beside the rule that Jaeger applies, and on injected faults.

    python benchmarks/clocks.py [FILE ...] [--edge frontend search] [--seeds N]

Each FILE holds Jaeger traces, one a line, gzip or not; the development traces of the hotel are not in the
repository. For the edge the error of one-way times is printed: by how much the difference of the two clocks,
as `weft analyse --json` lists it, is off on the mean over all calls of the edge. The truth is not known
there: it is taken to be the straight line through the fastest fifth of the edge's own round trips (`line`),
and, beside it, the mean of the three fastest of the 30 calls around each (`around`), which has some 40 µs of
noise of its own. Where it says so, the edge's calls are kept from the learner by removing the client's spans.
Jaeger's rule (clockskew.go: a child that is not within its parent is put into its middle) sees all of them.

The faults are injected into the clock of one of two hosts, whose calls last ten minutes; there the truth is
known. Printed are the errors, the bounds, and the share of calls at which the truth was within the bound.
"""

import argparse
import gzip
import json
import math
import random
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.analyse.clocks.world import MS, US, Clock, Delay, S, World, both, delay, drift, off, right, steps

from weft.analyse.clocks.adjust import adjust
from weft.analyse.clocks.clocks import Clocks
from weft.analyse.clocks.learner import Learner, learn
from weft.analyse.clocks.window import Window
from weft.analyse.reading import Reading
from weft.analyse.tree import repair
from weft.model.jaeger import read_trace
from weft.model.span import Span
from weft.model.trace import Trace

FIRST = 0.6


def read(path: Path) -> list[Trace]:
    content = path.read_bytes()
    lines = (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()
    return [read_trace(json.loads(line)) for line in lines]


class Edge:
    """The calls of one service by another, and where the difference of their clocks was at each."""

    def __init__(self, traces: Sequence[Trace], client: str, server: str) -> None:
        self.calls: list[tuple[int, int, int]] = []
        self.removed: set[str] = set()
        for trace in traces:
            for node in trace.walk():
                above = node.parent.span if node.parent else None
                span = node.span
                if above and (above.service, above.kind, span.service) == (client, "client", server):
                    self.hosts = above.host or "", span.host or ""
                    self.removed.add(above.span_id)
                    self.calls.append(
                        (above.start_ns, span.end_ns - above.end_ns, span.start_ns - above.start_ns)
                    )
        if not self.calls:
            sys.exit(f"no calls of {server} by {client}")
        self.calls.sort()
        self._low, self._high = (np.array([call[at] for call in self.calls], float) for at in (1, 2))
        self._middle, self._trip = (self._low + self._high) / 2, self._high - self._low

    def line(self) -> np.ndarray:
        seconds = np.array([(call[0] - self.calls[0][0]) / S for call in self.calls])
        fast = self._trip <= np.percentile(self._trip, 20)
        return np.polyval(np.polyfit(seconds[fast], self._middle[fast], 1), seconds)

    def around(self) -> np.ndarray:
        found = []
        for at in range(len(self.calls)):
            near = range(max(0, at - 15), min(len(self.calls), at + 15))
            found.append(fmean(self._middle[each] for each in sorted(near, key=self._trip.__getitem__)[:3]))
        return np.array(found)

    def jaeger(self) -> np.ndarray:
        within = (self._low <= 0) & (self._high >= 0)
        return np.where(within, 0, self._middle)

    def listed(self, clocks: Clocks) -> tuple[np.ndarray, np.ndarray, Window]:
        """The difference and the bound at each call, as a reader of the report finds them."""
        windows = [each for each in clocks.windows() if (each.from_host, each.to_host) == self.hosts]
        starts = [each.from_ns for each in windows]
        found = [windows[max(0, bisect_right(starts, call[0]) - 1)] for call in self.calls]
        offsets, bounds = (
            np.array([each.offset_ns for each in found]),
            np.array([each.bound_ns for each in found]),
        )
        return offsets, bounds, found[-1]

    def without(self, trace: Trace) -> Trace:
        return Trace(trace.trace_id, [span for span in trace.spans if span.span_id not in self.removed])


def real(path: Path, client: str, server: str) -> None:
    traces = read(path)
    edge = Edge(traces, client, server)
    start_ns = min(trace.start_ns for trace in traces)
    cut_ns = start_ns + FIRST * (max(trace.end_ns for trace in traces) - start_ns)
    first = [trace for trace in traces if trace.start_ns <= cut_ns]
    later = np.array([call[0] > cut_ns for call in edge.calls])
    everything = np.ones(len(edge.calls), bool)
    hidden, first_hidden = ([edge.without(trace) for trace in each] for each in (traces, first))
    print(f"\n{path.name}: {len(traces):,} traces; error of {client} → {server}, mean, µs")
    print(f"{'':32}{'line':>8}{'around':>8}{'bound':>8}  basis")
    truths = edge.line(), edge.around()
    rows: list[tuple[str, list[Trace] | np.ndarray, np.ndarray]] = [
        ("no correction", np.zeros(len(edge.calls)), everything),
        ("Jaeger's rule", edge.jaeger(), everything),
        ("learned from all", traces, everything),
        ("without the edge", hidden, everything),
        ("first 60 %, of the rest", first, later),
        ("both", first_hidden, later),
    ]
    for name, source, chosen in rows:
        bound, basis = "", ""
        if isinstance(source, list):
            found, bounds, last = edge.listed(learn(source))
            bound, basis = f"{bounds[chosen].mean() / US:.0f}", last.basis
        else:
            found = source
        wrong = "".join(f"{np.abs(found - truth)[chosen].mean() / US:8.0f}" for truth in truths)
        print(f"{name:32}{wrong}{bound:>8}  {basis}")
    alone(traces)


def alone(traces: Sequence[Trace]) -> None:
    """Says what was shifted on edges between hosts of one clock, and what it costs to learn and to shift."""
    learner, spans = Learner(), sum(len(trace.spans) for trace in traces)
    begun = time.process_time()
    for trace in traces:
        learner.add(trace)
    learned = time.process_time()
    clocks = learner.clocks()
    known = time.process_time()
    edges = shifted = impossible = 0
    taken = 0.0
    for trace in traces:
        reading = Reading.of(trace, repair(trace))
        mark = time.process_time()
        reading = adjust(reading, clocks)
        taken += time.process_time() - mark
        for at, span in enumerate(reading.tree.spans[1:], 1):
            above = reading.tree.parents[at]
            impossible += reading.start_ns[at] < reading.start_ns[above]
            offset = clocks.offset(reading.tree.spans[above].host or "", span.host or "", span.start_ns)
            if offset and not offset.apart:
                edges += 1
                shifted += reading.shift_ns[at] != reading.shift_ns[above]
    print(f"edges between hosts of one clock that were shifted: {shifted} of {edges:,}")
    print(f"spans that begin before their parent, afterwards: {impossible}")
    print(
        f"µs a span: {(learned - begun) * 1e6 / spans:.1f} to learn, {taken * 1e6 / spans:.1f} to shift; "
        f"{(known - learned) * 1e3:.0f} ms to work the clocks out"
    )


NEAR = delay(250 * US, 150 * US)


def faults() -> Iterator[tuple[str, Clock, Delay, Delay]]:
    """Names what is wrong with the clock or with the ways, one at a time and together."""
    yield "agrees", right, NEAR, NEAR
    yield "5 ms ahead", off(5 * MS), NEAR, NEAR
    yield "3 h behind", off(-3 * 3600 * S), NEAR, NEAR
    yield "drifts, 40 ppm", drift(40), NEAR, NEAR
    yield "drifts, -2 ppm", drift(-2, 3 * MS), NEAR, NEAR
    yield "wanders, 2 ms in 10 min", lambda at_ns: 2 * MS * math.sin(at_ns / S / 100), NEAR, NEAR
    yield "set, 20 ms", steps((300, 20 * MS)), NEAR, NEAR
    yield "set back, 2 ms", steps((0, 2 * MS), (200, 0)), NEAR, NEAR
    yield "set, 0.3 ms", steps((300, 300 * US)), NEAR, NEAR
    yield "set ten times", steps(*((at * 60, (-1) ** at * at * MS) for at in range(10))), NEAR, NEAR
    yield "slewed back, 10 ms at 500 ppm", slewed, NEAR, NEAR
    yield "ways 3 : 1", off(5 * MS), delay(750 * US, 150 * US), NEAR
    yield "ways 10 : 1", off(5 * MS), delay(2500 * US, 150 * US), NEAR
    yield "waits one way, 2 ms", off(5 * MS), delay(250 * US, 2 * MS), delay(250 * US, 50 * US)
    yield "20 ms ways, drifts, 5 ppm", drift(5), *[delay(20 * MS, 3 * MS)] * 2
    worst = both(drift(20), steps((250, -15 * MS)))
    yield "drifts, set, ways 3 : 1", worst, delay(750 * US, 400 * US), NEAR


def slewed(at_ns: int) -> float:
    return 10 * MS - min(max(0, at_ns - 200 * S) * 500e-6, 10 * MS)


def injected(seeds: int) -> None:
    print(f"\ninjected into one of two clocks; calls during ten minutes, {seeds} seeds; µs")
    print(f"{'':32}{'calls':>6}{'mean':>8}{'worst':>8}{'bound':>8}{'within':>8}{'Jaeger':>10}{'none':>15}")
    for name, clock, out, back in faults():
        for count in (600, 60):
            figures = np.concatenate(
                [measured(clock, out, back, count, random.Random(seed)) for seed in range(seeds)]
            )
            wrong, bounds, jaeger, none = figures.T
            print(
                f"{name:32}{count:6}{wrong.mean() / US:8.0f}{wrong.max() / US:8.0f}{bounds.mean() / US:8.0f}"
                f"{(wrong <= bounds).mean():8.1%}{jaeger.mean() / US:10.0f}{none.mean() / US:15,.0f}"
            )


def measured(clock: Clock, out: Delay, back: Delay, count: int, chance: random.Random) -> np.ndarray:
    """For each call the error and the bound, the error of Jaeger's rule, and that of no correction."""
    world = World({"a": right, "b": clock}, chance=chance)
    calls = list(world.calls("a", "b", 600, count, out, back))
    clocks = learn(trace for _, trace in calls)
    rows = []
    for at_ns, trace in calls:
        found = clocks.offset("a", "b", trace.root.span.start_ns)
        assert found is not None
        truth = world.offset("a", "b", at_ns)
        errors = [abs(each - truth) for each in (found.offset_ns, by_rule(*trace.spans[1:]), 0)]
        rows.append((errors[0], found.bound_ns, *errors[1:]))
    return np.array(rows)


def by_rule(client: Span, server: Span) -> float:
    """The difference that Jaeger's adjuster takes off."""
    low_ns, high_ns = server.end_ns - client.end_ns, server.start_ns - client.start_ns
    return 0 if low_ns <= 0 <= high_ns or low_ns > high_ns else (low_ns + high_ns) / 2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="Jaeger traces, one a line")
    parser.add_argument(
        "--edge", nargs=2, default=("frontend", "search"), metavar=("CLIENT", "SERVER"), help="two services"
    )
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    for path in arguments.files:
        real(path, *arguments.edge)
    if not arguments.files:
        print("no FILE of real traces was named: only injected faults are measured")
    injected(arguments.seeds)


if __name__ == "__main__":
    main()
