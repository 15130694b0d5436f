"""Which agent sends: the name that goes along with a call or a message, as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from weft.instrument.running import RUNNING, RunningSpan
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context


def sender(service: str) -> Callable[[Context], str]:
    """Make the function that names the sender: the innermost running agent, or else the service."""

    def name(context: Context) -> str:
        running = context.get(RUNNING)
        if running is None:
            return service
        return str(cast(RunningSpan, running).passed_on.get(keys.GEN_AI_AGENT_NAME, service))

    return name
