"""How well `weft analyse` names the origin of errors, beside rules of thumb, on injected faults.

    python benchmarks/errors.py [CORPUS] [--half dev] [--wrong] [--json]

CORPUS is what `python -m tests.e2e.faults.record CORPUS` writes; without it, the recording in tests/fixtures.
For every kind of fault the share of runs is printed in which the right span was named and no other, and in
which the agent was right. On the same traces the rules pick one span with an error status: the `first`, the
one with the `earliest end`, the `deepest`, the `last`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.e2e.faults.corpus import unpack
from tests.e2e.faults.scoring import RULES, Run, Score, error_spans, of_analysis, of_rule, runs

RECORDED = Path(__file__).parents[1] / "tests" / "fixtures" / "faults"
HALVES = ("dev", "held")
COLUMNS = ("weft", *RULES)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "corpus", type=Path, nargs="?", default=RECORDED, help="where the halves dev and held are"
    )
    parser.add_argument("--half", action="append", help="only this half")
    parser.add_argument("--wrong", action="store_true", help="print the runs in which the span was not right")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as directory:
        for half in chosen.half or HALVES:
            if found := recorded(chosen.corpus, half, Path(directory)):
                figures[half] = scores(found, wrong=chosen.wrong)
    if not figures:
        sys.exit(f"{chosen.corpus} has no runs: python -m tests.e2e.faults.record {chosen.corpus}")
    if chosen.json:
        print(json.dumps({half: summary(each) for half, each in figures.items()}, indent=1))
        return
    for half, each in figures.items():
        table(half, summary(each))


def recorded(corpus: Path, half: str, directory: Path) -> list[Run]:
    """The runs of one half, packed into one file or not."""
    packed = corpus / f"{half}.jsonl.gz"
    return unpack(packed, directory / half) if packed.exists() else runs(corpus / half)


def scores(found: list[Run], *, wrong: bool) -> dict[str, dict[str, list[Score]]]:
    """The scores by kind of fault, and by who named the origin."""
    explained = analysed([run.path for run in found])
    by_kind: dict[str, dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    for run in found:
        errors = explained.get(run.truth["trace_id"], [])
        score = of_analysis(run.truth, errors)
        by_kind[run.truth["kind"]]["weft"].append(score)
        if wrong and not (score.span and score.agent):
            named = [(each["span_id"], each.get("agent")) for each in errors if each["role"] == "origin"]
            right = run.truth["origin_span_ids"], run.truth["origin_agents"]
            print(f"{run.path.name} ({run.truth['how']} at {run.truth['site']}): {named}, right: {right}")
        for rule in RULES:
            by_kind[run.truth["kind"]][rule].append(of_rule(run.truth, rule, error_spans(run)))
    return by_kind


def analysed(paths: list[Path]) -> dict[str, list[dict[str, Any]]]:
    """The errors of every trace, as `weft analyse` says them."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "analysed.json"
        command = [sys.executable, "-m", "weft", "analyse", *map(str, paths), "--json", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not out.exists():
            sys.exit(f"weft analyse wrote nothing: {done.stderr.strip()[-500:]}")
        return {trace["trace_id"]: trace["errors"] for trace in json.loads(out.read_text())["traces"]}


def summary(by_kind: dict[str, dict[str, list[Score]]]) -> dict[str, Any]:
    """Shares by kind, and of all runs."""
    merged: dict[str, list[Score]] = defaultdict(list)
    for each in by_kind.values():
        for who, found in each.items():
            merged[who] += found
    return {kind: _shares(each) for kind, each in [*sorted(by_kind.items()), ("all", merged)]}


def _shares(found: dict[str, list[Score]]) -> dict[str, Any]:
    ours = found["weft"]
    roles = sum(each.of_roles for each in ours)
    return {
        "runs": len(ours),
        "span": {who: share(each.span for each in found[who]) for who in COLUMNS},
        "agent": {who: share(each.agent for each in found[who]) for who in COLUMNS},
        "roles": sum(each.roles for each in ours) / roles if roles else 1.0,
    }


def share(right: Iterable[bool]) -> float:
    """How many are right, of all."""
    all_of_them = list(right)
    return sum(all_of_them) / len(all_of_them)


def table(half: str, rows: dict[str, Any]) -> None:
    """Print one half."""
    heads = "".join(f"{who:>14}" for who in (*COLUMNS, *COLUMNS))
    print(f"{half:20}{'':>5} | {'right span, %':^70} | {'right agent, %':^70} | roles")
    print(f"{'':20}{'runs':>5} | {heads[:70]} | {heads[70:]} |")
    for kind, row in rows.items():
        cells = ["".join(f"{100 * row[what][who]:14.1f}" for who in COLUMNS) for what in ("span", "agent")]
        print(f"{kind:20}{row['runs']:5} | {cells[0]} | {cells[1]} | {100 * row['roles']:5.1f}")
    print()


if __name__ == "__main__":
    main()
