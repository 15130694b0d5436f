"""A recorded corpus as one file, small enough to be kept beside the tests.

    python -m tests.e2e.faults.corpus CORPUS/dev tests/fixtures/faults/dev.jsonl.gz

A run a line: `{"name", "truth", "resourceSpans"}`, all that was sent of its trace in one OTLP request.
"""

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

from tests.e2e.faults.scoring import Run, runs


def pack(found: list[Run], file: Path) -> None:
    """Write runs into one file."""
    lines = [
        json.dumps(
            {
                "name": run.path.name.partition(".")[0],
                "truth": run.truth,
                "resourceSpans": _together(run.path.read_text()),
            },
            separators=(",", ":"),
        )
        for run in found
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))


def unpack(file: Path, directory: Path) -> list[Run]:
    """Write the runs of one file into a directory, as they were recorded.

    Returns:
        The runs there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for line in gzip.decompress(file.read_bytes()).decode().splitlines():
        run = json.loads(line)
        request = json.dumps({"resourceSpans": run["resourceSpans"]})
        (directory / f"{run['name']}.jsonl").write_text(request + "\n")
        (directory / f"{run['name']}.truth.json").write_text(json.dumps(run["truth"]))
    return runs(directory)


def _together(lines: str) -> list[dict[str, Any]]:
    """The requests of a run as one: each resource once, and each scope in it."""
    resources: dict[str, dict[str, Any]] = {}
    scopes: dict[tuple[str, str], dict[str, Any]] = {}
    for resource in (each for line in lines.splitlines() for each in json.loads(line)["resourceSpans"]):
        whose = json.dumps(resource["resource"], sort_keys=True)
        one = resources.setdefault(whose, {"resource": resource["resource"], "scopeSpans": []})
        for scope in resource["scopeSpans"]:
            key = (whose, json.dumps(scope.get("scope", {}), sort_keys=True))
            if key in scopes:
                scopes[key]["spans"] += scope["spans"]
            else:
                scopes[key] = scope
                one["scopeSpans"].append(scope)
    return list(resources.values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, help="one half of what tests.e2e.faults.record wrote")
    parser.add_argument("file", type=Path, help="where it goes")
    chosen = parser.parse_args()
    pack(runs(chosen.directory), chosen.file)
    print(f"{chosen.file}: {chosen.file.stat().st_size:,} bytes")
