"""The HTTP endpoints of the Jaeger query API, version 1.

Source: Jaeger v2.20.0, `cmd/jaeger/internal/extension/jaegerquery/internal/http_handler.go`. What of it is
not here is listed in docs/reference/jaeger-api.md.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import orjson
import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from weft.model.jaeger import EMPTY_SPAN_NAME
from weft.present.jaeger.envelope import answer, array, failure
from weft.present.jaeger.ids import trace_hex
from weft.present.jaeger.params import (
    ParameterError,
    Params,
    parse_dependencies_query,
    parse_operations_query,
    parse_trace_path,
    parse_trace_query,
    wants_pretty_print,
)
from weft.present.jaeger.traces import KINDS, traces
from weft.query.errors import QueryError
from weft.query.search import Search

TRACE_NOT_FOUND: Final = "trace not found"
METRICS_DISABLED: Final = "metrics querying is currently disabled"


class Queries(Protocol):
    """What the API asks of the store (`weft.query.queries`)."""

    def services(self) -> list[str]:
        """The names of all services, sorted."""

    def operations(self, service: str) -> list[tuple[str, int]]:
        """The distinct (span name, OTLP span kind) of a service, sorted."""

    def find(self, search: Search) -> list[bytes]:
        """The ids of the traces that match, the newest first."""

    def spans(self, trace_ids: Sequence[bytes]) -> pa.Table:
        """All spans of some traces as the columns of the span table, ordered by trace and start."""

    def dependencies(self, start_ns: int, end_ns: int) -> list[tuple[str, str, int]]:
        """Which service called which, and how often."""


def routes(queries: Queries) -> list[Route]:
    """The endpoints over some store.

    They block, so they are plain functions: Starlette runs each in a thread of its own.
    """
    api = _Api(queries)
    # Names and ids may hold an encoded slash, which is a slash by the time a path is matched: hence `path`.
    return [
        _get("/api/services", api.services),
        _get("/api/services/{service:path}/operations", api.operation_names),
        _get("/api/operations", api.operations),
        _get("/api/traces", api.traces),
        _get("/api/traces/{trace_id:path}", api.trace),
        _get("/api/dependencies", api.dependencies),
        *(_get(f"/api/metrics/{kind}", _metrics) for kind in ("latencies", "calls", "errors")),
    ]


class _Api:
    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def services(self, params: Params) -> Response:
        return _list(self._queries.services(), params)

    def operation_names(self, params: Params, service: str) -> Response:
        operations = self._queries.operations(service)
        return _list(list(dict.fromkeys(name or EMPTY_SPAN_NAME for name, _ in operations)), params)

    def operations(self, params: Params) -> Response:
        service, kind = parse_operations_query(params)
        operations = dict.fromkeys(
            (name or EMPTY_SPAN_NAME, _kind_name(number))
            for name, number in self._queries.operations(service)
        )
        return _list(
            [{"name": name, "spanKind": each} for name, each in operations if kind in {"", each}], params
        )

    def traces(self, params: Params) -> Response:
        query = parse_trace_query(params, time.time_ns())
        wanted = query.trace_ids or self._queries.find(query.search)
        found = self._written(wanted, query.raw)
        missing = [trace_id for trace_id in query.trace_ids if trace_id not in found]
        errors = orjson.dumps(
            [{"msg": TRACE_NOT_FOUND, "traceID": trace_hex(trace_id)} for trace_id in missing] or None
        )
        data = array(found[trace_id] for trace_id in wanted if trace_id in found)
        return answer(data, errors=errors, pretty=wants_pretty_print(params))

    def trace(self, params: Params, trace_id: str) -> Response:
        wanted, raw = parse_trace_path(trace_id, params)
        found = self._written([wanted], raw)
        if wanted not in found:
            return failure(404, TRACE_NOT_FOUND)
        return answer(array(found.values()), pretty=wants_pretty_print(params))

    def dependencies(self, params: Params) -> Response:
        query = parse_dependencies_query(params, time.time_ns())
        calls: Counter[tuple[str, str]] = Counter()
        for parent, child, count in self._queries.dependencies(query.start_ns, query.end_ns):
            if query.service in {"", parent, child}:
                calls[parent, child] += count
        links = [
            {"parent": parent, "child": child, "callCount": count} for (parent, child), count in calls.items()
        ]
        return answer(orjson.dumps(links), pretty=wants_pretty_print(params))

    def _written(self, trace_ids: Sequence[bytes], raw: bool) -> dict[bytes, bytes]:
        return traces(self._queries.spans(trace_ids), raw) if trace_ids else {}


def _metrics(_params: Params) -> Response:
    """Answer as a Jaeger without a metrics store does, which its UI understands."""
    return failure(501, METRICS_DISABLED)


def _get(path: str, endpoint: Callable[..., Response]) -> Route:
    def handle(request: Request) -> Response:
        params: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in request.query_params.multi_items():
            params[name].append(value)
        try:
            return endpoint(params, **request.path_params)
        except (ParameterError, QueryError) as error:
            return failure(error.status, str(error))

    return Route(path, handle, methods=["GET"])


def _list(items: list[Any], params: Params) -> Response:
    return answer(orjson.dumps(items), total=len(items), pretty=wants_pretty_print(params))


def _kind_name(kind: int) -> str:
    return KINDS[kind] if 0 < kind < len(KINDS) else ""
