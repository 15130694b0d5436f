"""`weft agents` and `weft edges` against a stand-in for a backend, and over a data directory."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.sent import T0, Sent

from weft.app import open_pipeline
from weft.journal import Journal
from weft.model.agent_statistics import AgentStatistics
from weft.model.edge_statistics import PARTS, EdgeStatistics, PartStatistics

HOUR_NS = 3600 * 10**9
Run = Callable[..., CompletedProcess[str]]

AGENT = AgentStatistics(
    agent="writer\x1b[2J",
    from_ns=None,
    traces=1200,
    spans=4000,
    path_p50_ns=1_500_000,
    path_p95_ns=3 * 10**9,
    share=0.25,
    path_ns={"model": 3, "own": 1},
    origins=7,
    input_tokens=900,
    output_tokens=100,
    cost=1.25,
    unpriced=0,
)
NOTHING = PartStatistics(known=0, p50_ns=0, p95_ns=0, p99_ns=0)
EDGE = EdgeStatistics(
    from_agent="planner",
    to_agent="writer",
    transport="redis",
    from_ns=None,
    hand_offs=400,
    failed=10,
    retried=0,
    parts=dict.fromkeys(PARTS, NOTHING)
    | {"queue": PartStatistics(known=400, p50_ns=1000, p95_ns=2000, p99_ns=3000)}
    | {"network": PartStatistics(known=3, p50_ns=1000, p95_ns=2000, p99_ns=3000)},
)


def answer(**found: Any) -> dict[str, Any]:
    return {"coverage": {"settled": 5000, "explained": 4812, "unexplained": 8}, **found}


def test_agents_are_shown_below_what_the_answer_rests_on(weft: Run, backend: Any) -> None:
    backend.give("/weft/v1/agents", answer(agents=[AGENT.to_json()]))
    done = weft("agents", "--url", backend.url, COLUMNS="150")
    coverage, blank, heads, agent = done.stdout.splitlines()
    assert coverage == "facts of 4,812 of 5,000 traces (180 to come, 8 too large to be explained)"
    assert heads.split("  ")[0] == "agent"
    assert " ".join(agent.split()) == "writer 1,200 4,000 25 % 1.50 ms 3.00 s 7 1,000 $1.25 model 75 %"
    assert blank == ""


def test_edges_are_shown_with_each_part_as_far_as_it_is_known(weft: Run, backend: Any) -> None:
    backend.give("/weft/v1/edges", answer(edges=[EDGE.to_json()]))
    done = weft("edges", "--url", backend.url, "--from", "a & b", COLUMNS="150")
    edge = done.stdout.splitlines()[3]
    assert edge.split("  ")[:2] == ["planner", "writer"]
    assert "2.5 %" in edge
    assert "1.00 µs, 2.00 µs  1.00 µs, 2.00 µs of 3" in edge
    [asked] = backend.asked
    assert parse_qs(urlsplit(asked).query)["from"] == ["a & b"]


def test_the_time_and_its_steps_are_passed_on_and_each_step_is_named_once(weft: Run, backend: Any) -> None:
    steps = [
        replace(AGENT, agent=name, from_ns=T0 - T0 % HOUR_NS + hour * HOUR_NS)
        for hour, name in ((0, "a"), (0, "b"), (1, "a"))
    ]
    backend.give("/weft/v1/agents", answer(agents=[step.to_json() for step in steps]))
    began_ns = time.time_ns()
    done = weft(
        "agents", "--url", backend.url, "--since", "2h", "--every", "1h", "--limit", "7", COLUMNS="150"
    )
    first, second, third = done.stdout.splitlines()[3:]
    assert first.startswith("2023-11-14 22:00:00  a")
    assert second.startswith(" " * 19 + "  b")
    assert third.startswith("2023-11-14 23:00:00  a")
    [asked] = backend.asked
    given = {key: int(value) for key, [value] in parse_qs(urlsplit(asked).query).items()}
    assert (given["every_ns"], given["limit"]) == (HOUR_NS, 7)
    assert given["end_ns"] - given["start_ns"] == 2 * HOUR_NS
    assert given["end_ns"] >= began_ns


@pytest.mark.parametrize(("command", "thing"), [("agents", AGENT), ("edges", EDGE)])
def test_json_is_what_the_api_answers(weft: Run, backend: Any, command: str, thing: Any) -> None:
    told = answer(**{command: [thing.to_json()]})
    backend.give(f"/weft/v1/{command}", told)
    assert json.loads(weft(command, "--json", "--url", backend.url).stdout) == told


@pytest.mark.parametrize("command", ["agents", "edges"])
def test_too_many_steps_are_wrong_usage(weft: Run, backend: Any, command: str) -> None:
    done = weft(command, "--url", backend.url, "--since", "7d", "--every", "1s")
    assert done.returncode == 2
    assert "--every makes 604,800 steps of that time, and 1,000 are too many" in done.stderr
    assert "less time (--since)" in done.stderr
    assert backend.asked == []


@pytest.mark.parametrize("command", ["agents", "edges"])
def test_an_answer_of_another_shape_is_one_clear_line(weft: Run, backend: Any, command: str) -> None:
    backend.give(f"/weft/v1/{command}", answer(**{command: [{}]}))
    done = weft(command, "--url", backend.url)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"answer.{command}[0]" in done.stderr


def test_traces_of_a_directory_are_explained_when_it_is_asked(weft: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with open_pipeline(data, 256 << 20):
        pass
    journal = Journal(data / "journal", max_bytes=256 << 20)
    at = time.time_ns() - T0
    root = Sent("planner", "plan", at=at, kind=3)
    server = Sent("writer", trace=root.trace, parent=root.span, at=at, kind=2)
    journal.append([span.request().SerializeToString() for span in (root, server)])
    journal.close()

    told = json.loads(weft("agents", "--json", "--data", str(data)).stdout)
    assert told["coverage"] == {"settled": 1, "explained": 1, "unexplained": 0}
    assert {agent["agent"] for agent in told["agents"]} == {"planner", "writer"}
    [edge] = json.loads(weft("edges", "--json", "--data", str(data)).stdout)["edges"]
    assert (edge["from_agent"], edge["to_agent"], edge["hand_offs"]) == ("planner", "writer", 1)


@pytest.mark.parametrize(("command", "things"), [("agents", "agents"), ("edges", "hand-offs")])
def test_an_empty_answer_says_that_there_is_nothing(
    weft: Run, backend: Any, command: str, things: str
) -> None:
    backend.give(f"/weft/v1/{command}", answer(**{command: []}))

    said = weft(command, "--url", backend.url).stdout.splitlines()
    assert said[1:] == [f"no {things} found in that time; --since takes more of it"]
