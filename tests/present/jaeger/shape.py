"""What Grafana's strict Go decoder and Jaeger's own model demand of an answer's JSON.

Source: Grafana, `pkg/tsdb/jaeger/types/types.go`; Jaeger v2.20.0, `internal/uimodel/model.go` and
`http_handler.go`.
"""

import re
from typing import Any

HEX = re.compile(r"(?:[0-9a-f]{16}){1,2}")


def check_envelope(answer: dict[str, Any]) -> None:
    assert list(answer) == ["data", "total", "limit", "offset", "errors"]
    assert all(type(answer[name]) is int for name in ("total", "limit", "offset"))
    assert answer["errors"] is None or answer["errors"]
    for error in answer["errors"] or []:
        assert type(error.get("code", 0)) is int
        assert type(error["msg"]) is str
        assert HEX.fullmatch(error.get("traceID", "0" * 16))


def check_traces(answer: dict[str, Any]) -> None:
    """Every field is there, in its order, of its type; no list is null that must not be."""
    check_envelope(answer)
    for trace in answer["data"]:
        assert list(trace) == ["traceID", "spans", "processes", "warnings"]
        assert HEX.fullmatch(trace["traceID"])
        assert trace["warnings"] is None
        assert list(trace["processes"]) == [f"p{number + 1}" for number in range(len(trace["processes"]))]
        for process in trace["processes"].values():
            assert list(process) == ["serviceName", "tags"]
            assert type(process["serviceName"]) is str
            check_tags(process["tags"])
        assert trace["spans"]
        for span in trace["spans"]:
            check_span(span, trace)


def check_span(span: dict[str, Any], trace: dict[str, Any]) -> None:
    names = ["traceID", "spanID", "flags", "operationName", "references", "startTime", "duration", "tags"]
    names += ["logs", "processID", "warnings"]
    assert list(span) == [name for name in names if name != "flags" or "flags" in span]
    assert span["traceID"] == trace["traceID"]
    assert re.fullmatch(r"[0-9a-f]{16}", span["spanID"])
    assert span.get("flags", 1) == 1
    assert type(span["operationName"]) is str
    assert span["processID"] in trace["processes"]
    for name in ("startTime", "duration"):
        assert type(span[name]) is int
        assert 0 <= span[name] < 2**63
    assert span["warnings"] is None or (span["warnings"] and all(type(w) is str for w in span["warnings"]))
    for reference in span["references"]:
        assert list(reference) == ["refType", "traceID", "spanID"]
        assert reference["refType"] in {"CHILD_OF", "FOLLOWS_FROM"}
        assert all(type(reference[name]) is str for name in ("traceID", "spanID"))
    check_tags(span["tags"])
    for log in span["logs"]:
        assert list(log) == ["timestamp", "fields"]
        assert type(log["timestamp"]) is int
        check_tags(log["fields"])


TYPES = {
    "string": (str,),
    "bool": (bool,),
    "int64": (int, str),
    "float64": (float, int, str),
    "binary": (str,),
}


def check_tags(tags: list[dict[str, Any]]) -> None:
    assert type(tags) is list
    for tag in tags:
        assert list(tag) == ["key", "type", "value"]
        assert type(tag["key"]) is str
        assert type(tag["value"]) in TYPES[tag["type"]]
