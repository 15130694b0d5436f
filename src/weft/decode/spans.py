"""Nested Arrow opened level by level: resource, scope, span."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans between the wire and the table: nested columns and where each row came from.

    Attributes:
        resources: The `ResourceSpans` structs.
        scopes: The `ScopeSpans` structs.
        spans: The `Span` structs, one a row.
        scope_of_span: For each span the index of its scope.
        resource_of_scope: For each scope the index of its resource.
        body_of_resource: For each resource the index of the body it came in.
    """

    resources: pa.StructArray
    scopes: pa.StructArray
    spans: pa.StructArray
    scope_of_span: pa.Array
    resource_of_scope: pa.Array
    body_of_resource: pa.Array

    @classmethod
    def of(cls, bodies: pa.ListArray) -> "Spans":
        """Open the lists of `protobuf.parse` level by level."""
        resources = bodies.flatten()
        scope_lists = resources.field("scope_spans")
        scopes = scope_lists.flatten()
        span_lists = scopes.field("spans")
        return cls(
            resources,
            scopes,
            span_lists.flatten(),
            pc.list_parent_indices(span_lists),
            pc.list_parent_indices(scope_lists),
            pc.list_parent_indices(bodies),
        )

    def bodies_of_spans(self) -> npt.NDArray[np.int64]:
        """The index of the body that each span came in."""
        resource = self.resource_of_scope.take(self.scope_of_span)
        bodies: npt.NDArray[np.int64] = self.body_of_resource.take(resource).to_numpy()
        return bodies

    def only(self, keep: npt.NDArray[np.bool_]) -> "Spans":
        """The same without the spans that `keep` leaves out."""
        mask = pa.array(keep)
        return Spans(
            self.resources,
            self.scopes,
            self.spans.filter(mask),
            self.scope_of_span.filter(mask),
            self.resource_of_scope,
            self.body_of_resource,
        )

    def in_use(self) -> "Spans":
        """The same without the scopes and resources that no span came in.

        They are described one by one, which takes 12 µs each; nothing keeps a sender from sending empty ones.
        """
        scopes, scope_of_span = _in_use(self.scope_of_span, len(self.scopes))
        resources, resource_of_scope = _in_use(self.resource_of_scope.filter(scopes), len(self.resources))
        return Spans(
            self.resources.filter(resources),
            self.scopes.filter(scopes),
            self.spans,
            scope_of_span,
            resource_of_scope,
            self.body_of_resource.filter(resources),
        )

    def ended(self) -> pa.BooleanArray:
        """Which spans have ended: one without an end has not."""
        # A number of Python would be signed, and the comparison fail on times after 2262. Made here: the
        # first scalar that pyarrow makes loads pandas, 45 MiB that an idle backend need not have.
        return pc.not_equal(self.spans.field("end_time_unix_nano"), pa.scalar(0, pa.uint64()))

    def __len__(self) -> int:
        return len(self.spans)


def _in_use(index: pa.Array, length: int) -> tuple[pa.BooleanArray, pa.Array]:
    """Which of `length` rows an index points to, and the index to those alone."""
    used = np.zeros(length, np.bool_)
    used[index.to_numpy()] = True
    places = np.cumsum(used) - 1
    return pa.array(used), pa.array(places).take(index)
