"""What Jaeger changes in a trace before it shows it, in its order; `raw=true` leaves all of it out.

Two of Jaeger's steps are not here: identical spans are one span already when they are read, and the size of a
trace is not limited (nor is it by default in Jaeger).

Source: Jaeger v2.20.0, `cmd/jaeger/internal/extension/jaegerquery/internal/adjuster/standard.go`, and beside
it the file that each step names.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from weft.model.values import STRING
from weft.present.jaeger.columns import Numbers
from weft.present.jaeger.ids import Ids
from weft.present.jaeger.skew import warn_of_skew
from weft.present.jaeger.spans import Spans
from weft.present.jaeger.tags import IP_KEYS, Attribute, dotted_ip, first_text

SERVER: Final = 2
CLIENT: Final = 3
LIBRARY_KEYS: Final = frozenset(
    (
        "telemetry.sdk.language",
        "telemetry.sdk.name",
        "telemetry.sdk.version",
        "telemetry.distro.name",
        "telemetry.distro.version",
    )
)


def adjust(spans: Spans) -> None:
    """Change spans in place as Jaeger's standard adjusters do."""
    for begin, end in pairwise(spans.bounds):
        separate_server_spans(spans.ids[begin:end], spans.parent_ids[begin:end], spans.kinds[begin:end])
    sort_attributes(spans)
    warn_of_skew(spans)
    write_out_ips(spans)
    move_library_attributes(spans)


def separate_server_spans(ids: Ids, parent_ids: Ids, kinds: Numbers) -> None:
    """Give server spans that share the id of a client span one of their own, below the client's.

    Zipkin's clients use one id for both ends of a call. New ids count up from 1. Changes `ids` and
    `parent_ids` of one trace in place (`spaniduniquifier.go`).
    """
    shared = (kinds == SERVER) & np.isin(ids, ids[kinds == CLIENT])
    if not shared.any():
        return
    used = set(ids.tolist())
    number = 0
    renamed: dict[int, int] = {}
    for row in np.flatnonzero(shared).tolist():
        number += 1
        while number in used:
            number += 1
        old = int(ids[row])
        renamed[old] = number
        ids[row], parent_ids[row] = number, old
    for row, parent_id in enumerate(parent_ids.tolist()):
        new = renamed.get(parent_id)
        if new is not None and int(ids[row]) != new:
            parent_ids[row] = new


def sort_attributes(spans: Spans) -> None:
    """Put attributes in the order of their keys (`sort.go`)."""
    spans.attributes = spans.attributes.by_key()
    for resource in spans.resources:
        resource.attributes.sort(key=lambda attribute: attribute[0])


def write_out_ips(spans: Spans) -> None:
    """Write IPv4 addresses that were sent as numbers with dots (`ipattribute.go`)."""
    attributes = spans.attributes
    for index in np.flatnonzero(attributes.named(IP_KEYS)).tolist():
        _, text, code = attributes.at(index)
        ip = dotted_ip(text, code)
        if ip is not None:
            attributes.text[index] = len(attributes.texts)
            attributes.texts.append(ip)
            attributes.code[index] = STRING
    for resource in spans.resources:
        resource.attributes = [_with_dots(attribute) for attribute in resource.attributes]


def _with_dots(attribute: Attribute) -> Attribute:
    key, text, code = attribute
    ip = dotted_ip(text, code) if key in IP_KEYS else None
    return attribute if ip is None else (key, ip, STRING)


def move_library_attributes(spans: Spans) -> None:
    """Move what spans say of the tracing library to their resource, unless it says otherwise.

    Source: `libraryattributes.go`.
    """
    attributes = spans.attributes
    candidates = attributes.named(LIBRARY_KEYS)
    if not candidates.any():
        return
    rows = attributes.rows()
    for index in np.flatnonzero(candidates).tolist():
        row = int(rows[index])
        key, text, code = attributes.at(index)
        resource = spans.resources[spans.resource[row]]
        known = first_text(resource.attributes, key)
        if known is None:
            resource.attributes.append((key, text, code))
        elif known != (text, code) or code != STRING:
            candidates[index] = False
            spans.warnings[row].append(f"conflicting values between Span and Resource for attribute {key}")
    spans.attributes = attributes.without(candidates)
