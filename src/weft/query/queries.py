"""The read verbs: the only way to ask the store.

Each verb is a SQL file of the same name. Whatever was acknowledged before a verb is called is part of its
answer: what is still in the journal is committed first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from weft.analyse.clocks.clocks import Clocks
from weft.model.agent_statistics import AgentStatistics
from weft.model.coverage import Coverage
from weft.model.edge_statistics import EdgeStatistics
from weft.model.payloads import LARGE, content_hash
from weft.model.stretch import Stretch
from weft.model.summary import TraceSummary
from weft.query.assemble import assemble
from weft.query.contents import restore
from weft.query.errors import QueryError
from weft.query.facts import statistics
from weft.query.facts.host_clocks import kept
from weft.query.facts.waiting import SETTLED_S
from weft.query.open_spans import with_open
from weft.query.search import Search
from weft.query.silence import Silence
from weft.query.sql_files import sql
from weft.store.errors import ReadTimedOut, StoreError
from weft.store.store import Store

#: How long a verb waits for the journal to be committed. Only a journal that a crash left behind takes longer
#: than a moment.
SETTLE_S: Final = 60.0
_INT64_MAX: Final = (1 << 63) - 1
_UINT64_MAX: Final = (1 << 64) - 1


class Queries:
    """Asks one store.

    Args:
        store: The store.
        settle: Commits what the journal holds, waiting at most that many seconds; returns whether it did.
        silence: Tells which of the spans that have not ended are lost.
        settled_after_s: How long nothing of a trace may have been received before it counts as settled.
    """

    def __init__(
        self,
        store: Store,
        settle: Callable[[float], bool],
        silence: Silence | None = None,
        settled_after_s: int = SETTLED_S,
    ) -> None:
        self._store, self._settle, self._settled_after_s = store, settle, settled_after_s
        self._silence = silence or Silence()

    def services(self) -> list[str]:
        """The names of all services, sorted."""
        names: list[str] = self._read("services").column("service").to_pylist()
        return names

    def operations(self, service: str) -> list[tuple[str, int]]:
        """The distinct (span name, OTLP span kind) of a service, sorted."""
        rows = self._read("operations", service=service)
        return list(zip(rows.column("name").to_pylist(), rows.column("kind").to_pylist(), strict=True))

    def find(self, search: Search) -> list[bytes]:
        """The ids (16 bytes) of the traces that match, the newest first."""
        statement = sql("find")
        for marker, table in (("/* tags */", "spans"), ("/* open tags */", "pending")):
            statement = statement.replace(marker, "".join(_tag(n, table) for n in range(len(search.tags))))
        parameters: dict[str, Any] = {
            "service": search.service or "",
            "operation": search.operation or "",
            **_time(search.start_ns, search.end_ns),
            "min_duration_ns": _within(search.min_duration_ns, -1 - _INT64_MAX, _INT64_MAX, -1 - _INT64_MAX),
            "max_duration_ns": _within(search.max_duration_ns, -1 - _INT64_MAX, _INT64_MAX, _INT64_MAX),
            "limit": _within(search.limit, 0, 1 << 31),
            **self._silence.parameters(),
        }
        for number, (key, value) in enumerate(search.tags.items()):
            large = len(value.encode()) >= LARGE
            parameters[f"key_{number}"] = key
            parameters[f"values_{number}"] = [content_hash(value) if large else value]
            parameters[f"texts_{number}"] = [value]
            parameters[f"filled_{number}"] = bool(value)
            parameters[f"meanings_{number}"] = _meanings(key, value)
        trace_ids: list[bytes] = self._run("find", statement, parameters).column("trace_id").to_pylist()
        return trace_ids

    def spans(self, trace_ids: Sequence[bytes]) -> pa.Table:
        """All spans of some traces, each once, with their events, links, resources and scopes.

        Returns:
            As `with_open` does: also those that have not ended, ordered by trace, start and span id; large
            values are in their place.
        """
        wanted = [trace_id.hex() for trace_id in trace_ids]
        # Open ones before those that have ended: what ends in between is in both, and not in neither.
        pending = self._read("pending", trace_ids=wanted, **self._silence.parameters())
        # Spans first: a commit stores them last, so that every span that is read has its events and links.
        spans = self._read("spans", trace_ids=wanted)
        events, links = self._read("events", trace_ids=wanted), self._read("links", trace_ids=wanted)
        for column in ("linked_trace_id", "linked_span_id"):  # bytes that the wire format calls text
            ids = links.column(column).cast(pa.binary())
            links = links.set_column(links.schema.get_field_index(column), column, ids)
        return restore(with_open(assemble(spans, events, links), pending), self._contents)

    def dependencies(self, start_ns: int, end_ns: int) -> list[tuple[str, str, int]]:
        """Which service called which: (parent, child, calls), for children that started in the given time."""
        rows = self._read("dependencies", **_time(start_ns, end_ns))
        return list(
            zip(*(rows.column(name).to_pylist() for name in ("parent", "child", "calls")), strict=True)
        )

    def summaries(self, limit: int, service: str | None = None) -> list[TraceSummary]:
        """The newest traces, those that a service took part in if one is named."""
        newest = self._read("newest", limit=_within(limit, 0, 1 << 31), service=service or "")
        trace_ids = [trace_id.hex() for trace_id in newest.column("trace_id").to_pylist()]
        rows = self._read("summaries", trace_ids=trace_ids, **self._silence.parameters())
        return [
            TraceSummary(
                trace_id=row["trace_id"].hex(),
                root_service=row["root_service"],
                root_name=row["root_name"],
                start_ns=row["start_ns"],
                end_ns=row["end_ns"],
                spans=row["spans"],
                errors=row["errors"],
                open=row["open"],
                lost=row["lost"],
                services=tuple(row["services"]),
            )
            for row in rows.to_pylist()
        ]

    def coverage(self, time: Stretch) -> Coverage:
        """Of how many of the traces that started in a given time the facts are known."""
        parameters = self._silence.parameters()
        settled_s = parameters["now_s"] - self._settled_after_s
        rows = self._read("facts_coverage", settled_s=settled_s, **_stretch(time), **parameters)
        return Coverage(**rows.to_pylist()[0])

    def agents(self, time: Stretch) -> list[AgentStatistics]:
        """What agents did in the traces that started in a given time, as far as `coverage` goes.

        Returns:
            By time; then those with the most time on critical paths first.
        """
        return statistics.agents(self._read("agents", **_stretch(time)), in_steps=time.every_ns > 0)

    def edges(
        self, time: Stretch, from_agent: str | None = None, to_agent: str | None = None
    ) -> list[EdgeStatistics]:
        """What is known of the hand-offs that began in a given time, as far as `coverage` goes.

        Args:
            time: When they began.
            from_agent: Only hand-offs by this agent.
            to_agent: Only hand-offs to this agent.

        Returns:
            By time; then the most frequent first.
        """
        rows = self._read("edges", from_agent=from_agent or "", to_agent=to_agent or "", **_stretch(time))
        return statistics.edges(rows, in_steps=time.every_ns > 0)

    def clocks(self) -> Clocks:
        """What was learned of the clocks of hosts."""
        return kept(self._read("clocks"))

    def _contents(self, hashes: Iterable[str]) -> Mapping[str, str]:
        rows = self._run("payloads", sql("payloads"), {"hashes": list(hashes)})
        return dict(zip(rows.column("hash").to_pylist(), rows.column("content").to_pylist(), strict=True))

    def _read(self, verb: str, **parameters: Any) -> pa.Table:
        return self._run(verb, sql(verb), parameters)

    def _run(self, verb: str, statement: str, parameters: Mapping[str, Any]) -> pa.Table:
        if not self._settle(SETTLE_S):
            raise QueryError("the journal is still being indexed; ask again in a moment", status=503)
        try:
            return self._store.read(statement, parameters)
        except ReadTimedOut as error:
            raise QueryError(
                f"{verb} took too long; narrow it down, for instance in time", status=503
            ) from error
        except StoreError as error:
            raise QueryError(str(error)) from error


def _tag(number: int, table: str) -> str:
    statement = sql("tag").replace("/* rows */", table).replace("/* more */", sql(f"tag_{table}"))
    return statement.replace("_N:", f"_{number}:")


def _meanings(key: str, value: str) -> list[str]:
    """What a tag that stands for a column has to equal, in the column's own words."""
    if key == "error":
        return {"true": ["1"], "false": ["0"]}.get(value, [])
    return [value] if value else []


def _time(start_ns: int, end_ns: int) -> dict[str, int]:
    return {"start_ns": _within(start_ns, 0, _UINT64_MAX), "end_ns": _within(end_ns, 0, _UINT64_MAX)}


def _stretch(time: Stretch) -> dict[str, int]:
    return {
        **_time(time.start_ns, time.end_ns),
        "every_ns": _within(time.every_ns, 0, _UINT64_MAX),
        "limit": _within(time.limit, 0, 1 << 31),
    }


def _within(value: int | None, least: int, most: int, default: int = 0) -> int:
    """The value, forced into what the parameter's type can hold."""
    return default if value is None else min(max(value, least), most)
