"""A real store with a real journal in front of it."""

from dataclasses import dataclass
from typing import Any

from tests.sent import Sent

from weft.app import Pipeline
from weft.query.queries import Queries
from weft.query.search import Search
from weft.receive.intake import Intake

EVER = (1 << 64) - 1


@dataclass
class House:
    """Everything behind the ports."""

    pipeline: Pipeline
    intake: Intake[Any]

    @property
    def ask(self) -> Queries:
        return self.pipeline.queries

    def send(self, *spans: Sent) -> None:
        """Send each span in a request of its own; all are acknowledged on return."""
        for answer in [self.intake.submit(span.request().SerializeToString()) for span in spans]:
            assert answer.result(30).rejected == 0

    def find(self, service: str | None = None, **conditions: Any) -> list[bytes]:
        search = {"start_ns": 0, "end_ns": EVER, "service": service, **conditions}
        return self.ask.find(Search(**search))
