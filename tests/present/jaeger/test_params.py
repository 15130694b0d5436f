"""What the query parameters mean, and what is said of those that mean nothing."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.present.jaeger import params
from weft.present.jaeger.params import ParameterError
from weft.query.search import Search

HOUR_NS = 3_600_000_000_000
NOW_NS = 1_700_000_000_123_456_789
BAD = "unable to parse param "
BAD_TAGS = "malformed 'tags' parameter, cannot unmarshal JSON: "
TOO_LARGE = str(2**63)


def trace_query(**given: str | list[str]) -> params.TraceQuery:
    lists = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
    return params.parse_trace_query(lists, NOW_NS)


def test_a_search_looks_back_two_days_for_a_hundred_traces() -> None:
    assert trace_query(service="planner") == params.TraceQuery(
        Search(start_ns=NOW_NS - 48 * HOUR_NS, end_ns=NOW_NS, service="planner", limit=100), (), raw=False
    )


def test_every_parameter_of_a_search_is_read() -> None:
    query = trace_query(
        service=["planner", "ignored"],
        operation="invoke_agent",
        start="1700000000000001",
        end="1700000000000002",
        limit="7",
        minDuration="1.5ms",
        maxDuration="1m",
        tag=["http.url:http://a:80/", "error:false", "empty:"],
        tags=['{"error":"true"}', '{"n":"1","null":null}'],
        raw="t",
    )
    assert query == params.TraceQuery(
        Search(
            start_ns=1_700_000_000_000_001_000,
            end_ns=1_700_000_000_000_002_000,
            service="planner",
            operation="invoke_agent",
            tags={"http.url": "http://a:80/", "error": "true", "empty": "", "n": "1", "null": ""},
            min_duration_ns=1_500_000,
            max_duration_ns=60_000_000_000,
            limit=7,
        ),
        (),
        raw=True,
    )


def test_empty_parameters_are_parameters_not_given() -> None:
    names = ("operation", "start", "end", "limit", "minDuration", "maxDuration", "raw")
    assert trace_query(service="planner", **dict.fromkeys(names, "")) == trace_query(service="planner")


def test_a_duration_of_zero_is_no_bound() -> None:
    search = trace_query(service="planner", minDuration="5s", maxDuration="0").search
    assert (search.min_duration_ns, search.max_duration_ns) == (5_000_000_000, None)


def test_traces_asked_for_by_id_need_no_service() -> None:
    query = trace_query(traceID=["1f00", "AAAAAAAAAP///////////w=="])
    assert [trace_id.hex() for trace_id in query.trace_ids] == ["1f00".zfill(32), ("ff" * 9).zfill(32)]


def test_a_trace_asked_for_twice_is_asked_for_once() -> None:
    assert len(trace_query(traceID=["1f00", "01F00"]).trace_ids) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "parameter 'service' is required"),
        (
            {"start": "string"},
            f"{BAD}'start': strconv.ParseInt: parsing \"string\": invalid syntax",
        ),
        ({"end": "1e9"}, f"{BAD}'end': strconv.ParseInt: parsing \"1e9\": invalid syntax"),
        (
            {"service": "s", "start": TOO_LARGE},
            f"{BAD}'start': strconv.ParseInt: parsing \"{TOO_LARGE}\": value out of range",
        ),
        ({"service": "s", "limit": "string"}, 'strconv.ParseInt: parsing "string": invalid syntax'),
        (
            {"service": "s", "limit": "2147483648"},
            'strconv.ParseInt: parsing "2147483648": value out of range',
        ),
        ({"service": "s", "limit": "0"}, "invalid parameter: limit must be greater than 0"),
        ({"service": "s", "limit": "-1"}, "invalid parameter: limit must be greater than 0"),
        (
            {"service": "s", "minDuration": "20"},
            "unable to parse param 'minDuration': time: missing unit in duration \"20\"",
        ),
        (
            {"service": "s", "minDuration": "20s", "maxDuration": "30"},
            "unable to parse param 'maxDuration': time: missing unit in duration \"30\"",
        ),
        (
            {"service": "s", "minDuration": "25s", "maxDuration": "1s"},
            "'maxDuration' should be greater than 'minDuration'",
        ),
        (
            {"service": "s", "tag": ["k:v", "k"]},
            "malformed 'tag' parameter, expecting key:value, received: k",
        ),
        (
            {"service": "s", "tags": '{"x":123}'},
            f"{BAD_TAGS}json: cannot unmarshal number into Go value of type string",
        ),
        (
            {"service": "s", "tags": '{"x":[]}'},
            f"{BAD_TAGS}json: cannot unmarshal array into Go value of type string",
        ),
        (
            {"service": "s", "tags": '{"x":{}}'},
            f"{BAD_TAGS}json: cannot unmarshal object into Go value of type string",
        ),
        (
            {"service": "s", "tags": '{"x":true}'},
            f"{BAD_TAGS}json: cannot unmarshal bool into Go value of type string",
        ),
        (
            {"service": "s", "tags": '"x"'},
            f"{BAD_TAGS}json: cannot unmarshal string into Go value of type map[string]string",
        ),
        (
            {"service": "s", "tags": ""},
            f"{BAD_TAGS}unexpected end of JSON input",
        ),
        (
            {"service": "s", "tags": '{"x":'},
            f"{BAD_TAGS}unexpected end of JSON input",
        ),
        (
            {"traceID": ["100", "x200"]},
            'cannot parse traceID param: strconv.ParseUint: parsing "x200": invalid syntax',
        ),
        (
            {"traceID": "1" * 33},
            f"cannot parse traceID param: TraceID cannot be longer than 32 hex characters: {'1' * 33}",
        ),
        (
            {"service": "s", "raw": "foobar"},
            f"{BAD}'raw': strconv.ParseBool: parsing \"foobar\": invalid syntax",
        ),
    ],
)
def test_a_bad_parameter_is_answered_in_jaegers_words(given: dict[str, str], message: str) -> None:
    with pytest.raises(ParameterError) as raised:
        trace_query(**given)
    assert str(raised.value) == message
    assert raised.value.status == 400


def test_of_two_bad_parameters_the_one_that_jaeger_reads_first_is_named() -> None:
    with pytest.raises(ParameterError, match="'start'"):
        trace_query(start="a", end="b", tag="c", limit="d", minDuration="e", traceID="x", raw="f")


@pytest.mark.parametrize("time_us", [-1, -(2**63), 2**63 - 1])
def test_times_that_no_span_has_are_the_nearest_that_one_may_have(time_us: int) -> None:
    start_ns = trace_query(service="s", start=str(time_us)).search.start_ns
    assert start_ns == (0 if time_us < 0 else 2**63 - 1)


def test_a_trace_is_asked_for_by_its_path() -> None:
    trace_id, raw = params.parse_trace_path("1f", {"raw": ["true"], "start": ["1"], "end": [""]})
    assert (trace_id.hex(), raw) == ("1f".zfill(32), True)


@pytest.mark.parametrize(
    ("trace_id", "given", "message"),
    [
        ("xyz", {}, 'strconv.ParseUint: parsing "xyz": invalid syntax'),
        (
            "1",
            {"start": ["a"]},
            f"{BAD}'start': strconv.ParseInt: parsing \"a\": invalid syntax",
        ),
        ("1", {"end": ["b"]}, f"{BAD}'end': strconv.ParseInt: parsing \"b\": invalid syntax"),
        (
            "1",
            {"raw": ["c"]},
            f"{BAD}'raw': strconv.ParseBool: parsing \"c\": invalid syntax",
        ),
    ],
)
def test_a_bad_trace_path_is_answered_in_jaegers_words(
    trace_id: str, given: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(ParameterError) as raised:
        params.parse_trace_path(trace_id, given)
    assert str(raised.value) == message


def test_dependencies_are_of_the_last_day() -> None:
    assert params.parse_dependencies_query({}, NOW_NS) == params.DependenciesQuery(
        NOW_NS - 24 * HOUR_NS, NOW_NS, ""
    )


def test_the_times_of_dependencies_are_in_milliseconds() -> None:
    given = {"endTs": ["1700000000000"], "lookback": ["1000"], "service": ["planner"]}
    assert params.parse_dependencies_query(given, NOW_NS) == params.DependenciesQuery(
        1_699_999_999_000_000_000, 1_700_000_000_000_000_000, "planner"
    )


@pytest.mark.parametrize("name", ["endTs", "lookback"])
def test_bad_times_of_dependencies_are_named(name: str) -> None:
    with pytest.raises(ParameterError) as raised:
        params.parse_dependencies_query({name: ["1h"]}, NOW_NS)
    assert str(raised.value) == (
        f"unable to parse param '{name}': strconv.ParseInt: parsing \"1h\": invalid syntax"
    )


def test_operations_are_of_one_service() -> None:
    assert params.parse_operations_query({"service": ["a"], "spanKind": ["server"]}) == ("a", "server")
    with pytest.raises(ParameterError, match=r"^parameter 'service' is required$"):
        params.parse_operations_query({"spanKind": ["server"]})


@pytest.mark.parametrize(("value", "wanted"), [("", False), ("false", False), ("true", True), ("0", True)])
def test_pretty_print_is_any_value_but_false(value: str, wanted: bool) -> None:
    assert params.wants_pretty_print({"prettyPrint": [value]}) is wanted


NAMES = (
    *("service", "operation", "start", "end", "limit", "minDuration", "maxDuration"),
    *("tag", "tags", "traceID", "raw", "endTs", "lookback", "spanKind"),
)
TEXTS = st.one_of(
    st.text(),
    st.integers().map(str),
    st.from_regex(r"[-+]?[0-9.]{0,25}(ns|us|µs|ms|s|m|h|x)?", fullmatch=True),
    st.from_regex(r"[0-9a-fA-F]{0,34}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9+/_-]{0,26}={0,3}", fullmatch=True),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    ).map(json.dumps),
    st.sampled_from(["true", "F", "[" * 3000, "\ud800", "9" * 5000]),
)


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(TEXTS, max_size=3)), TEXTS, st.integers(0, 2**63))
def test_any_parameters_are_a_question_or_a_parameter_error(
    given_params: dict[str, list[str]], trace_id: str, now_ns: int
) -> None:
    for parse in (
        lambda: params.parse_trace_query(given_params, now_ns),
        lambda: params.parse_trace_path(trace_id, given_params),
        lambda: params.parse_dependencies_query(given_params, now_ns),
        lambda: params.parse_operations_query(given_params),
    ):
        with contextlib.suppress(ParameterError):
            parse()
