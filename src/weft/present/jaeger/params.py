"""What the query parameters of the API mean, and what is said of those that mean nothing.

Source: Jaeger v2.20.0, `cmd/jaeger/internal/extension/jaegerquery/internal/query_parser.go` and
`default_params.go`; names, defaults, the order of the checks and the error texts are theirs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import orjson

from weft.present.jaeger.gotext import parse_bool, parse_duration, parse_int
from weft.present.jaeger.ids import parse_trace_id
from weft.query.search import Search

DEFAULT_LIMIT: Final = 100
SEARCH_LOOKBACK_NS: Final = 48 * 3_600_000_000_000
DEPENDENCIES_LOOKBACK_NS: Final = 24 * 3_600_000_000_000
_MOST_NS: Final = (1 << 63) - 1
_UNEXPECTED_END: Final = "unexpected end of JSON input"

T = TypeVar("T")

#: The parameters of a query string: every name with its values, in order.
Params = Mapping[str, Sequence[str]]


class ParameterError(Exception):
    """A parameter that a client sent cannot be read; the message is Jaeger's. Answered with 400."""

    status: Final = 400


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """The question of `GET /api/traces`.

    Attributes:
        search: What to search for, unless trace ids are given.
        trace_ids: Traces asked for by id (16 bytes each), in the order given, each once.
        raw: Leave the spans as they are stored.
    """

    search: Search
    trace_ids: tuple[bytes, ...]
    raw: bool


@dataclass(frozen=True, slots=True)
class DependenciesQuery:
    """The question of `GET /api/dependencies`.

    Attributes:
        start_ns: Earliest start of a called span, nanoseconds since the Unix epoch.
        end_ns: Latest start of a called span.
        service: The service that has to be one of the two, empty for all.
    """

    start_ns: int
    end_ns: int
    service: str


def parse_trace_query(params: Params, now_ns: int) -> TraceQuery:
    """Read the parameters of `GET /api/traces`.

    Args:
        params: The query string.
        now_ns: The time that `start` and `end` are counted back from when they are not given.

    Raises:
        ParameterError: A parameter does not parse, or the service is missing.
    """
    start_ns = _time_ns(params, "start", 1_000, now_ns - SEARCH_LOOKBACK_NS)
    end_ns = _time_ns(params, "end", 1_000, now_ns)
    tags = _tags(params)
    limit = _limit(params)
    min_duration_ns = _read(params, "minDuration", parse_duration) or None
    max_duration_ns = _read(params, "maxDuration", parse_duration) or None
    trace_ids = _trace_ids(params)
    raw = _read(params, "raw", parse_bool) or False
    service = first(params, "service")
    if not trace_ids and not service:
        raise ParameterError("parameter 'service' is required")
    if limit <= 0:
        raise ParameterError("invalid parameter: limit must be greater than 0")
    if min_duration_ns and max_duration_ns and max_duration_ns < min_duration_ns:
        raise ParameterError("'maxDuration' should be greater than 'minDuration'")
    search = Search(
        start_ns=start_ns,
        end_ns=end_ns,
        service=service or None,
        operation=first(params, "operation") or None,
        tags=tags,
        min_duration_ns=min_duration_ns,
        max_duration_ns=max_duration_ns,
        limit=limit,
    )
    return TraceQuery(search, trace_ids, raw)


def parse_trace_path(trace_id: str, params: Params) -> tuple[bytes, bool]:
    """Read the id and the parameters of `GET /api/traces/{traceID}`.

    `start` and `end` have to be numbers and say nothing more: a trace is found by its id alone.

    Returns:
        The trace id (16 bytes), and whether the spans are wanted as they are stored.

    Raises:
        ParameterError: One of them does not parse.
    """
    try:
        parsed = parse_trace_id(trace_id)
    except ValueError as error:
        raise ParameterError(str(error)) from error
    for name in ("start", "end"):
        _read(params, name, parse_int)
    return parsed, _read(params, "raw", parse_bool) or False


def parse_dependencies_query(params: Params, now_ns: int) -> DependenciesQuery:
    """Read the parameters of `GET /api/dependencies`, whose times are in milliseconds.

    Raises:
        ParameterError: One of them does not parse.
    """
    end_ns = _time_ns(params, "endTs", 1_000_000, now_ns)
    lookback_ms = _read(params, "lookback", parse_int)
    lookback_ns = DEPENDENCIES_LOOKBACK_NS if lookback_ms is None else lookback_ms * 1_000_000
    return DependenciesQuery(_clamped(end_ns - lookback_ns), end_ns, first(params, "service"))


def parse_operations_query(params: Params) -> tuple[str, str]:
    """Read the parameters of `GET /api/operations`: the service and the span kind, empty for all.

    Raises:
        ParameterError: The service is missing.
    """
    service = first(params, "service")
    if not service:
        raise ParameterError("parameter 'service' is required")
    return service, first(params, "spanKind")


def wants_pretty_print(params: Params) -> bool:
    """Whether `prettyPrint` is given with any value but `false`."""
    return first(params, "prettyPrint") not in {"", "false"}


def first(params: Params, name: str) -> str:
    """The first value of a parameter, empty when it is not given."""
    values = params.get(name)
    return values[0] if values else ""


def _read(params: Params, name: str, parse: Callable[[str], T]) -> T | None:
    """A parameter's first value parsed, None when it is not given or empty."""
    text = first(params, name)
    if not text:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise ParameterError(f"unable to parse param '{name}': {error}") from error


def _time_ns(params: Params, name: str, unit_ns: int, default_ns: int) -> int:
    """A time since the Unix epoch; times outside 1970 to 2262 are the nearest of these."""
    value = _read(params, name, parse_int)
    return _clamped(default_ns if value is None else value * unit_ns)


def _clamped(time_ns: int) -> int:
    return min(max(time_ns, 0), _MOST_NS)


def _limit(params: Params) -> int:
    text = first(params, "limit")
    if not text:
        return DEFAULT_LIMIT
    try:
        return parse_int(text, 32)
    except ValueError as error:  # the one parameter that Jaeger does not name in its message
        raise ParameterError(str(error)) from error


def _trace_ids(params: Params) -> tuple[bytes, ...]:
    try:
        return tuple(dict.fromkeys(map(parse_trace_id, params.get("traceID", ()))))
    except ValueError as error:
        raise ParameterError(f"cannot parse traceID param: {error}") from error


def _tags(params: Params) -> dict[str, str]:
    tags: dict[str, str] = {}
    for tag in params.get("tag", ()):
        key, colon, value = tag.partition(":")
        if not colon:
            raise ParameterError(f"malformed 'tag' parameter, expecting key:value, received: {tag}")
        tags[key] = value
    for text in params.get("tags", ()):
        tags |= _json_tags(text)
    return tags


def _json_tags(text: str) -> dict[str, str]:
    """Read a JSON object of strings as Go reads one into a `map[string]string`: a null is an empty string."""
    try:
        value = orjson.loads(text.encode("utf-8", "replace"))
    except orjson.JSONDecodeError as error:
        raise _bad_tags(_UNEXPECTED_END if _is_cut_off(text, error) else str(error)) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _bad_tags(f"json: cannot unmarshal {_go_name(value)} into Go value of type map[string]string")
    for item in value.values():
        if not isinstance(item, str | None):
            raise _bad_tags(f"json: cannot unmarshal {_go_name(item)} into Go value of type string")
    return {key: item or "" for key, item in value.items()}


def _bad_tags(problem: str) -> ParameterError:
    return ParameterError(f"malformed 'tags' parameter, cannot unmarshal JSON: {problem}")


def _is_cut_off(text: str, error: orjson.JSONDecodeError) -> bool:
    return not text.strip(" \t\r\n") or error.msg.startswith("unexpected end of data")


def _go_name(value: object) -> str:
    """What Go's encoding/json calls the kind of a JSON value."""
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
