"""Where spans come from: resources and scopes, each told once as a line of JSON.

A resource stands for thousands of spans. As text in a dictionary it costs a span one index; as columns of its
own it cost 1.4 µs of the 5 that an insert took.
"""

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from weft.decode.values import texts

MISSING_SERVICE = "missing-service-name"
EMPTY_SERVICE = "empty-service-name"


def resources(structs: pa.StructArray) -> tuple[pa.StringArray, pa.StringArray]:
    """Describe `ResourceSpans` structs.

    Returns:
        For each its service, in Jaeger's words when it has none, and the resource as JSON:
        `{"attributes": [[key, text, type code], …], "dropped": …, "schema_url": …, "entities": […]}`.
    """
    lines, services = [], []
    for resource, schema_url in zip(
        _described(structs.field("resource")), structs.field("schema_url").to_pylist(), strict=True
    ):
        service = next((text for key, text, _ in resource["attributes"] if key == "service.name"), None)
        services.append(MISSING_SERVICE if service is None else service or EMPTY_SERVICE)
        lines.append(_line(resource | {"schema_url": schema_url}))
    return pa.array(services, pa.string()), pa.array(lines, pa.string())


def scopes(structs: pa.StructArray) -> pa.StringArray:
    """Describe `ScopeSpans` structs.

    Returns:
        For each the scope as JSON:
        `{"name": …, "version": …, "attributes": […], "dropped": …, "schema_url": …}`.
    """
    lines = [
        _line(scope | {"schema_url": schema_url})
        for scope, schema_url in zip(
            _described(structs.field("scope")), structs.field("schema_url").to_pylist(), strict=True
        )
    ]
    return pa.array(lines, pa.string())


def _described(messages: pa.StructArray) -> list[dict[str, Any]]:
    """`Resource` or `InstrumentationScope` messages, a missing one as an empty one."""
    lists = pc.struct_field(messages, "attributes")
    pairs = lists.flatten()
    values, codes = texts(pairs.field("value"))
    attributes = [
        [key, text, chr(code)]
        for key, text, code in zip(
            pairs.field("key").to_pylist(), values.to_pylist(), codes.tolist(), strict=True
        )
    ]
    described = []
    position = 0
    rest = [name for name in messages.type.names if name != "attributes"]
    columns = [pc.struct_field(messages, name).to_pylist() for name in rest]
    for length, *fields in zip(pc.list_value_length(lists).to_pylist(), *columns, strict=True):
        message: dict[str, Any] = {"attributes": attributes[position : position + (length or 0)]}
        position += length or 0
        message |= {
            _NAMES.get(name, name): field or _EMPTY[name] for name, field in zip(rest, fields, strict=True)
        }
        described.append(message)
    return described


_NAMES = {"dropped_attributes_count": "dropped", "entity_refs": "entities"}
_EMPTY: dict[str, Any] = {"dropped_attributes_count": 0, "entity_refs": [], "name": "", "version": ""}


def _line(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
