"""A backend and four agents on this machine, workflows that succeed and one that fails, and their traces.

scripts/demo           stays up until Ctrl-C
scripts/demo --once    ends by itself; its last line is JSON about the trace of the first workflow
"""

import argparse
import signal
import sys
import tempfile
from io import TextIOWrapper
from itertools import cycle, islice
from pathlib import Path

import ollama_server
import page
from cast import environment, members
from children import Children, DemoFailed
from places import HOST, Places, choose
from workflow import arrived, run

from weft.model.trace import Trace

DATA = Path(__file__).parents[2] / "weft-data"
TOPICS = ("tea", "the standard hour", "threads and patterns", "old bridges", "how a message finds its way")


class Stopped(BaseException):
    """The demo was told to stop: by Ctrl-C, by SIGTERM, or because its terminal went away."""


def main() -> int:
    given = arguments()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # for terminals without a ✓
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        with tempfile.TemporaryDirectory(prefix="weft-demo-") as folder:
            demo(Path(folder), given)
    except DemoFailed as failed:
        print(f"demo: {failed}", file=sys.stderr)
        return 1
    except Stopped as stopped:
        return 128 + int(stopped.args[0])
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    option = parser.add_argument
    option("--once", action="store_true", help="run the workflows, show their traces, and end; on any ports")
    option("--runs", type=int, default=2, metavar="N", help="how many workflows (default: 2)")
    option("--any-ports", action="store_true", help="listen elsewhere where a usual port is taken")
    option(
        "--data",
        type=Path,
        metavar="DIR",
        help="keep the traces there, even with --once (default: weft-data)",
    )
    given = parser.parse_args()
    if given.runs < 2:
        parser.error("--runs: two at least, one that succeeds and one that fails")
    return given


def stop(number: int, _: object) -> None:
    raise Stopped(number)


def demo(folder: Path, given: argparse.Namespace) -> None:
    """Start everybody, run the workflows, show their traces, stop everybody.

    Args:
        folder: For logs, and for the data where nobody asks for it later.
        given: The arguments.

    Raises:
        DemoFailed: Something does not work as it should.
    """
    places = choose(any_ports=given.any_ports or given.once)
    backend, orchestrator = f"http://localhost:{places.query}", f"http://{HOST}:{places.orchestrator}"
    data = (given.data or (folder / "data" if given.once else DATA)).resolve()
    with Children(folder) as children:
        page.heading("Weft: a workflow of four agents, over HTTP and Redis, is one trace")
        enter(children, places, data)
        try:
            traces = perform(backend, orchestrator, given.runs)
        except DemoFailed:
            children.check()  # where one of them has ended, that is why
            raise
        if not given.once:
            page.heading("Ask for it")
            page.questions(backend, orchestrator, traces[-1])
            page.farewell(data)
            stay_up(children)
    if given.once:
        page.result(backend, traces[0])


def stay_up(children: Children) -> None:
    """Wait until somebody stops the demo, which is how it ends well."""
    try:
        children.wait_for_an_end()
    except Stopped:
        page.remark("\n  stopping")


def enter(children: Children, places: Places, data: Path) -> None:
    """Start everybody, and wait until they are ready."""
    ollama, why_not = ollama_server.find()
    if why_not:
        page.remark(f"{why_not}; a script answers instead\n")
    seen = environment(places, ollama)
    everybody = members(places, data, ollama)
    started = {}
    for member in everybody:
        if member.command:
            started[member] = children.start(member.name, [sys.executable, *member.command], seen)
        if member.first:
            started[member].wait_until(member.ready)
    for member in everybody:
        if member in started:
            started[member].wait_until(member.ready)
        page.entrance(member)


def perform(backend: str, orchestrator: str, runs: int) -> list[Trace]:
    """Run the workflows, one after the other: the first succeeds, the second fails, chance has the others."""
    traces = []
    for number, topic in enumerate(islice(cycle(TOPICS), runs)):
        trace_id = run(orchestrator, topic, fail={0: False, 1: True}.get(number))
        traces.append(arrived(backend, trace_id))
        if number == 0:
            page.heading(f"A paragraph about {topic}: researched, written, reviewed")
            page.tree(traces[-1])
        elif number == 1:
            page.heading(f"Another, about {topic}: the review fails twice, and the orchestrator gives up")
            page.tree(traces[-1])
    if runs > 2:
        page.heading("All of them: `weft show` and the id draws each")
        page.listing(traces)
    return traces


if __name__ == "__main__":
    sys.exit(main())
