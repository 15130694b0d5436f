"""What the export queue asks of whoever announces spans that are still open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from weft.export.open_spans import OpenSpans


class Announcer(Protocol):
    """Says now and then which of the open spans are worth announcing.

    What it returns is sent once, behind what waits: it is never written to disk, never sent again, and
    dropped where the backend does not answer. See ``ExportProcessor.announcer``.
    """

    def due(self, spans: OpenSpans, backend: str | None) -> Sequence[ReadableSpan] | None:
        """The announcements that are due. Called every few hundred milliseconds, in the collecting thread.

        Args:
            spans: The open spans of this process; in a forked child those that started in the child.
            backend: The version of Weft with which the backend identified itself in its last answer
                (``weft-version``), or None where it did not, or has not answered yet.

        Returns:
            None where some are due, and only the backend's name is missing: a backend that has not answered
            anything yet is then asked with an empty request.
        """
        ...
