"""Which calls are tries of the same work, and which stand in for one that failed."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from weft.model import keys
from weft.model.span import Span, Value, text

_MODEL_OPERATIONS: Final = frozenset(("chat", "generate_content", "text_completion", "embeddings"))
_ADDRESS: Final = (keys.SERVER_ADDRESS, "net.peer.name", "peer.service", "http.host")
_PORT: Final = (keys.SERVER_PORT, "net.peer.port")
_PATH: Final = ("url.full", "http.url", "url.path", "http.target", "rpc.method")
_DESTINATION: Final = (keys.MESSAGING_DESTINATION_NAME, "messaging.destination")
#: `attempt 1` and `attempt 2` are one name.
_NUMBER: Final = re.compile(r"\d+")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_SPARE: Final = re.compile(
    r"fall_?-?back|back_?-?up|secondary|alternat|reserve|spare|standby|default|cache|offline|rescue|degraded"
    r"|emergency|substitute|replacement|plan.?b\b|general|generic|basic|simple",
    re.IGNORECASE,
)


class Task(NamedTuple):
    """What a span was to do, as far as one try of it can be told from another thing.

    Attributes:
        sort: `model`, `tool`, `others` (a call, a message, an agent) or `span`.
        key: Equal for tries of the same work.
        name: Whose work it is: the tool, the model, the agent or else the host.
    """

    sort: str
    key: tuple[str, ...]
    name: str

    def stands_in_for(self, other: "Task") -> bool:
        """Whether this is another way to the same end: another model, or a name that says so.

        Mere succession does not say it: whatever comes after a failure that was caught is the next step of
        most programs.
        """
        if self.sort != other.sort or self.sort == "span" or self.name == other.name:
            return False
        if self.sort == "model" or (_SPARE.search(self.name) and not _SPARE.search(other.name)):
            return True
        mine, theirs = _words(self.name), _words(other.name)
        return bool(mine and theirs) and (mine < theirs or theirs < mine)


def task_of(span: Span, agent: str) -> Task:
    """Say what a span was to do.

    Args:
        span: The span.
        agent: Who did it or was to do it, where it is the work of others: the agent that a call reached.
    """
    work = span.work
    if work.tool:
        return Task("tool", (work.tool, work.arguments), work.tool)
    if work.operation in _MODEL_OPERATIONS:
        return Task("model", (work.operation, work.model, _plain(span.name)), work.model)
    if work.operation == "invoke_agent":
        return Task("others", (agent, _plain(span.name)), agent)
    attributes = span.attributes
    if span.kind == "producer":
        destination = _first(attributes, _DESTINATION)
        return Task("others", (destination, _plain(span.name)), agent)
    if span.kind == "client":
        address = (_first(attributes, _ADDRESS), _first(attributes, _PORT))
        path = _first(attributes, _PATH).partition("?")[0]
        return Task("others", (*address, path, _plain(span.name)), agent or address[0])
    return Task("span", (span.service, _plain(span.name)), "")


def _first(attributes: Mapping[str, Value], names: Iterable[str]) -> str:
    return next((text(attributes[name]) for name in names if attributes.get(name)), "")


def _plain(name: str) -> str:
    return _NUMBER.sub("", name)


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}
