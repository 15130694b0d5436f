"""Sixteen programs of several agents, and the half that is out of sight while the analysis is made."""

import random

from tests.e2e.faults.topology import Agent, Call, Model, Together, Tool, Topology

#: Of the split below: written down before any trace was recorded.
SEED = 4

CHAIN = Topology(
    "chain",
    {
        "planner": Agent((Model(), Call("researcher"), Model())),
        "researcher": Agent((Tool("outline"), Call("searcher"))),
        "searcher": Agent((Model("phi4"), Tool("search", "http"))),
    },
)
FAN_OUT = Topology(
    "fan_out",
    {
        "coordinator": Agent(
            (
                Model(),
                Together(tuple(Call(name, "task") for name in ("market", "legal", "finance", "risk"))),
                Model(),
            )
        ),
        "market": Agent((Tool("quotes", "http"), Model("phi4"))),
        "legal": Agent((Model("phi4"), Tool("statutes"))),
        "finance": Agent((Tool("ledger"), Model("phi4"), Tool("convert"))),
        "risk": Agent((Model("phi4"),)),
    },
)
TREE = Topology(
    "tree",
    {
        "director": Agent((Together((Call("lead-a", "task"), Call("lead-b", "thread"))), Model())),
        "lead-a": Agent((Model(), Together((Call("writer-1", "task"), Call("writer-2", "task"))))),
        "lead-b": Agent((Model(), Together((Call("writer-3", "task"), Call("writer-4", "task"))))),
        "writer-1": Agent((Tool("draft"), Model("phi4"))),
        "writer-2": Agent((Model("phi4"),)),
        "writer-3": Agent((Tool("draft"), Model("phi4"))),
        "writer-4": Agent((Model("phi4"), Tool("spellcheck", "command"))),
    },
)
DIAMOND = Topology(
    "diamond",
    {
        "planner": Agent((Model(), Together((Call("left", "task"), Call("right", "task"))), Model())),
        "left": Agent((Model("phi4"), Call("judge", "http"))),
        "right": Agent((Tool("look_up"), Call("judge", "http"))),
        "judge": Agent((Tool("rules"), Model("mistral"))),
    },
)
REDIS_PIPELINE = Topology(
    "redis_pipeline",
    {
        "dispatcher": Agent((Model(), Call("extractor", "redis"))),
        "extractor": Agent((Tool("parse"), Call("summarizer", "redis"))),
        "summarizer": Agent((Model("phi4"), Call("publisher", "redis"))),
        "publisher": Agent((Tool("render"), Tool("upload", "http"))),
    },
)
HTTP_CHAIN = Topology(
    "http_chain",
    {
        "gateway": Agent((Model(), Call("retriever", "http"))),
        "retriever": Agent((Tool("embed"), Call("ranker", "http"), Model("phi4"))),
        "ranker": Agent((Tool("index", "http"), Model("mistral"))),
    },
)
THREAD_POOL = Topology(
    "thread_pool",
    {
        "foreman": Agent(
            (
                Tool("split"),
                Together(tuple(Call(f"worker-{number}", "thread") for number in range(1, 5))),
                Model(),
            )
        ),
        "worker-1": Agent((Model("phi4"), Tool("save"))),
        "worker-2": Agent((Tool("load", "http"), Model("phi4"))),
        "worker-3": Agent((Model("phi4"), Call("helper"), Tool("save"))),
        "worker-4": Agent((Tool("count", "command"),)),
        "helper": Agent((Tool("look_up"),)),
    },
)
SUBPROCESS_TOOL = Topology(
    "subprocess_tool",
    {
        "analyst": Agent((Model(), Tool("grep", "command"), Call("checker", "subprocess"), Model())),
        "checker": Agent((Tool("lint", "command"), Model("phi4"))),
    },
)
MIXED = Topology(
    "mixed",
    {
        "orchestrator": Agent(
            (
                Call("researcher", "http", announced=True),
                Call("writer", "redis", announced=True),
                Together((Call("reviewer-1", "thread"), Call("reviewer-2", "thread"))),
                Model(),
            )
        ),
        "researcher": Agent((Tool("search", "http"), Model("phi4"))),
        "writer": Agent((Model("phi4"), Call("editor"))),
        "editor": Agent((Tool("style"), Model("phi4"))),
        "reviewer-1": Agent((Model("mistral"),)),
        "reviewer-2": Agent((Tool("sources"), Model("mistral"))),
    },
)
LOOP = Topology(
    "loop",
    {
        "author": Agent(
            (
                Call("writer", "task"),
                Call("critic", "http"),
                Call("writer", "task"),
                Call("critic", "http"),
                Tool("publish"),
            )
        ),
        "writer": Agent((Model(), Tool("word_count"))),
        "critic": Agent((Model("mistral"), Tool("score"))),
    },
)
SUPERVISOR = Topology(
    "supervisor",
    {
        "supervisor": Agent(
            (
                Model(),
                Call("coder", "inline"),
                Model(),
                Call("tester", "subprocess"),
                Model(),
                Call("documenter", "flask"),
            )
        ),
        "coder": Agent((Model("qwen3-coder"), Tool("write_file"))),
        "tester": Agent((Tool("run_tests", "command"), Model("phi4"))),
        "documenter": Agent((Model("phi4"), Tool("render"))),
    },
)
PEER_HAND_OFF = Topology(
    "peer_hand_off",
    {
        "desk": Agent(
            (Call("triage", "task"), Call("billing", "redis"), Call("refunds", "task")), spoken=False
        ),
        "triage": Agent((Model("phi4"), Tool("classify"))),
        "billing": Agent((Tool("invoices", "http"), Model("phi4"))),
        "refunds": Agent(
            (Model("phi4"), Together((Call("approver", "task"), Call("notifier", "task"))), Tool("pay_out"))
        ),
        "notifier": Agent((Model("phi4"), Tool("mail", "http"))),
        "approver": Agent((Tool("policy"), Model("mistral"))),
    },
)
NESTED = Topology(
    "nested",
    {
        "chief": Agent((Model(), Call("officer"))),
        "officer": Agent((Tool("brief"), Call("captain"), Model())),
        "captain": Agent((Model("phi4"), Call("sergeant", "thread"))),
        "sergeant": Agent((Tool("map"), Call("scout"))),
        "scout": Agent((Model("phi4"), Tool("look"))),
    },
)
FLASK_CHAIN = Topology(
    "flask_chain",
    {
        "concierge": Agent((Model(), Call("booking", "flask", announced=True), Tool("confirm"))),
        "booking": Agent(
            (
                Tool("calendar", "http"),
                Together((Call("payments", "flask"), Call("guide", "task"))),
                Model("phi4"),
            )
        ),
        "guide": Agent((Model("phi4"), Tool("weather"))),
        "payments": Agent((Tool("charge"), Model("mistral"))),
    },
)
REDIS_TEAM = Topology(
    "redis_team",
    {
        "lead": Agent(
            (
                Model(),
                Together(
                    (Call("scraper", "redis"), Call("indexer", "redis", announced=True), Call("poet", "task"))
                ),
                Model(),
            )
        ),
        "scraper": Agent((Tool("fetch", "http"), Tool("clean"))),
        "indexer": Agent((Model("phi4"), Call("embedder", "task"))),
        "embedder": Agent((Tool("embed"), Model("nomic-embed"))),
        "poet": Agent((Model("mistral"),)),
    },
)
PROCESS_POOL = Topology(
    "process_pool",
    {
        "batcher": Agent(
            (
                Tool("partition"),
                Call("scorer", "pool"),
                Together((Call("reporter", "task"), Call("auditor", "task"))),
            )
        ),
        "scorer": Agent((Model("phi4"), Call("explainer"))),
        "explainer": Agent((Tool("features"), Model("phi4"))),
        "reporter": Agent((Model(), Tool("chart", "command"))),
        "auditor": Agent((Model("phi4"), Tool("compare"))),
    },
)

TOPOLOGIES = {
    each.name: each
    for each in (
        CHAIN, FAN_OUT, TREE, DIAMOND, REDIS_PIPELINE, HTTP_CHAIN, THREAD_POOL, SUBPROCESS_TOOL,
        MIXED, LOOP, SUPERVISOR, PEER_HAND_OFF, NESTED, FLASK_CHAIN, REDIS_TEAM, PROCESS_POOL,
    )
}  # fmt: skip
#: The half that nobody who writes the analysis has seen.
HELD_TOPOLOGIES = frozenset(random.Random(SEED).sample(sorted(TOPOLOGIES), len(TOPOLOGIES) // 2))
