"""Resources and scopes as lines of JSON."""

import json

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.decode.requests import spans_of

from weft.decode.origins import EMPTY_SERVICE, MISSING_SERVICE, resources, scopes


def test_a_resource_is_told_in_full_with_its_types() -> None:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add(schema_url="schema")
    resource = resource_spans.resource
    resource.attributes.add(key="service.name").value.string_value = "agent \x00 🦜"
    resource.attributes.add(key="n").value.int_value = 7
    resource.attributes.add(key="n").value.bool_value = True
    resource.attributes.add(key="none")
    resource.attributes.add(key="many").value.array_value.values.add().bytes_value = b"\xff"
    resource.dropped_attributes_count = 3
    resource.entity_refs.add(type="host", id_keys=["host.id"], schema_url="e")
    request.resource_spans.add()
    services, lines = resources(spans_of(request).resources)
    assert services.to_pylist() == ["agent \x00 🦜", MISSING_SERVICE]
    told, empty = map(json.loads, lines.to_pylist())
    assert told["attributes"][:4] == [
        ["service.name", "agent \x00 🦜", "s"],
        ["n", "7", "i"],
        ["n", "true", "b"],
        ["none", "", "n"],
    ]
    assert told["attributes"][4][2] == "p"
    assert (told["dropped"], told["schema_url"]) == (3, "schema")
    assert told["entities"][0]["type"] == "host"
    assert told["entities"][0]["id_keys"] == ["host.id"]
    assert empty == {"attributes": [], "dropped": 0, "entities": [], "schema_url": ""}


def test_the_service_is_jaegers_when_there_is_none() -> None:
    request = ExportTraceServiceRequest()
    for names in ([], [""], ["a"], ["a", "b"], [None]):
        resource = request.resource_spans.add().resource
        resource.dropped_attributes_count = 1
        for name in names:
            attribute = resource.attributes.add(key="service.name")
            if name is not None:
                attribute.value.string_value = name
    services, _ = resources(spans_of(request).resources)
    assert services.to_pylist() == [MISSING_SERVICE, EMPTY_SERVICE, "a", "a", EMPTY_SERVICE]


def test_a_service_name_that_is_no_text_is_its_text() -> None:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().resource.attributes.add(key="service.name").value.int_value = 7
    assert resources(spans_of(request).resources)[0].to_pylist() == ["7"]


def test_a_scope_is_told_in_full() -> None:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    scope_spans = resource_spans.scope_spans.add(schema_url="schema")
    scope_spans.scope.name, scope_spans.scope.version = "lib", "1.0"
    scope_spans.scope.attributes.add(key="k").value.double_value = 0.5
    scope_spans.scope.dropped_attributes_count = 2
    resource_spans.scope_spans.add()
    told, empty = map(json.loads, scopes(spans_of(request).scopes).to_pylist())
    assert told == {
        "name": "lib",
        "version": "1.0",
        "attributes": [["k", "0.5", "d"]],
        "dropped": 2,
        "schema_url": "schema",
    }
    assert empty == {"name": "", "version": "", "attributes": [], "dropped": 0, "schema_url": ""}


def test_attributes_stay_with_their_own() -> None:
    """Missing, empty and filled resources in turn: what is missing must not shift what follows."""
    request = ExportTraceServiceRequest()
    counts = [0, 2, None, 1, 0, None, 3]
    for number, count in enumerate(counts):
        resource_spans = request.resource_spans.add()
        if count is not None:
            resource_spans.resource.dropped_attributes_count = number
            for place in range(count):
                value = resource_spans.resource.attributes.add(key=f"k{place}").value
                value.string_value = f"{number}.{place}"
    _, lines = resources(spans_of(request).resources)
    for number, (count, line) in enumerate(zip(counts, lines.to_pylist(), strict=True)):
        told = json.loads(line)["attributes"]
        assert told == [[f"k{place}", f"{number}.{place}", "s"] for place in range(count or 0)]


def test_none_at_all() -> None:
    spans = spans_of(ExportTraceServiceRequest())
    assert [len(column) for column in resources(spans.resources)] == [0, 0]
    assert len(scopes(spans.scopes)) == 0
