"""Where the clocks of a trace disagree.

Jaeger moves no span by default: it says in a warning by how much it would have. So does Weft. The limit under
which Jaeger does move spans is not implemented.

Source: Jaeger v2.20.0, `cmd/jaeger/internal/extension/jaegerquery/internal/adjuster/clockskew.go`.
"""

from collections import defaultdict
from itertools import pairwise

from weft.model.values import JSON, STRING, restore
from weft.present.jaeger.gotext import format_duration
from weft.present.jaeger.spans import Resource, Spans
from weft.present.jaeger.tags import first_text


def warn_of_skew(spans: Spans) -> None:
    """Warn of spans that lie outside their parent, whose parent is missing, or whose id another span has."""
    hosts = [host_key(resource) for resource in spans.resources]
    ids, parent_ids = spans.ids.tolist(), spans.parent_ids.tolist()
    for begin, end in pairwise(spans.bounds):
        roots, children = _tree(spans, ids, parent_ids, range(begin, end))
        stack = [(root, 0) for root in roots]
        while stack:
            row, delta_ns = stack.pop()
            if delta_ns:
                delta = format_duration(delta_ns)
                spans.warnings[row].append(
                    f"clock skew adjustment disabled; not applying calculated delta of {delta}"
                )
            host = hosts[spans.resource[row]]
            for child in children.get(row, ()):
                same_host = host and host == hosts[spans.resource[child]]
                stack.append((child, delta_ns if same_host else skew_ns(spans, row, child)))


def _tree(
    spans: Spans, ids: list[int], parent_ids: list[int], rows: range
) -> tuple[list[int], dict[int, list[int]]]:
    """The roots of one trace and the children of each span. Spans in a circle hang below no root."""
    row_of: dict[int, int] = {}
    for row in rows:
        if ids[row] in row_of:
            spans.warnings[row].append("duplicate span IDs; skipping clock skew adjustment")
        else:
            row_of[ids[row]] = row
    roots: list[int] = []
    children: defaultdict[int, list[int]] = defaultdict(list)
    for row in row_of.values():
        parent_id = parent_ids[row]
        parent = row_of.get(parent_id) if parent_id else None
        if parent is not None:
            children[parent].append(row)
            continue
        roots.append(row)
        if parent_id:
            spans.warnings[row].append(
                f"parent span ID={parent_id:016x} is not in the trace; skipping clock skew adjustment"
            )
    return roots, children


def skew_ns(spans: Spans, parent: int, child: int) -> int:
    """By how much a span would have to move to lie within its parent, in nanoseconds.

    A span that lasted longer than its parent has to start no earlier; any other has to lie in its middle,
    unless it lies within already.
    """
    parent_start, child_start = spans.start_ns[parent], spans.start_ns[child]
    slack = spans.duration_ns[parent] - spans.duration_ns[child]
    early = parent_start - child_start
    if slack < 0:
        return max(early, 0)
    if -slack <= early <= 0:
        return 0
    return early + slack // 2


def host_key(resource: Resource) -> str:
    """What tells the host of a resource from other hosts, empty for unknown."""
    host_id = first_text(resource.attributes, "host.id")
    ip = first_text(resource.attributes, "host.ip")
    if host_id is not None:
        text, code = host_id
    elif ip is not None and ip[1] == STRING:
        text, code = ip
    elif ip is not None and ip[1] == JSON and isinstance(addresses := restore(*ip), list) and addresses:
        text, code = str(addresses[0]), STRING
    else:
        text, code = first_text(resource.attributes, "host.name") or ("", STRING)
    return text if code == STRING else ""
