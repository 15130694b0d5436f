"""The signs of failure that a span shows: its status, exceptions, codes of protocols, a tool's own word.

Sources: OpenTelemetry semantic conventions v1.44, general/recording-errors.md and
exceptions/exceptions-spans.md; semantic-conventions-genai, mcp.md (`tool_error`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from weft.analyse.errors.branch import MOMENT_NS
from weft.analyse.errors.codes import CODE_KEYS, failure_code, has_answered
from weft.analyse.errors.likeness import likeness
from weft.analyse.errors.sign import Sign
from weft.analyse.errors.sorts import sort_of
from weft.analyse.tree import Tree
from weft.model import keys
from weft.model.span import Span, Value, text

_COMPARED: Final = 1024  # characters of a message: more does not make two messages more alike


def find_signs(tree: Tree) -> dict[int, Sign]:
    """Give the signs of the spans that have any, by index, in the order of the tree.

    An exception that was recorded without a status counts where its span ended with it, where the span above
    failed and speaks of it, is of the same type or did nothing after that tool, and where the same is done
    again: otherwise somebody caught it.
    """
    signs: dict[int, Sign] = {}
    caught = _Caught(tree, signs)
    for index, span in enumerate(tree.spans):
        sign = sign_of(span)
        if sign is not None and (sign.sure or caught.counts(index, sign)):
            signs[index] = sign
    return signs


class _Caught:
    """Decides which of the exceptions count that were recorded without a status."""

    def __init__(self, tree: Tree, signs: Mapping[int, Sign]) -> None:
        self._tree = tree
        self._signs = signs  # those that were found so far: of all spans above, among others
        self._last: dict[int, dict[str, int]] = {}  # by parent the last child of a name

    def counts(self, index: int, sign: Sign) -> bool:
        tree = self._tree
        span, parent = tree.spans[index], tree.parents[index]
        if self._ended_it(index):
            return True
        if parent < 0:
            return False
        if parent not in self._last:
            self._last[parent] = {tree.spans[child].name: child for child in tree.children[parent]}
        if self._last[parent][span.name] > index:
            return True
        above = self._signs.get(parent)
        if above is None:
            return False
        was_last = bool(span.work.tool) and index == tree.children[parent][-1]
        return was_last or likeness(above, sign, (span.work.tool, span.work.agent)) > 0

    def _ended_it(self, index: int) -> bool:
        """Whether a span ended with the exception: nothing followed it, and the span tells of no result.

        `exception.escaped` does not say: OpenTelemetry's SDK for Python writes False whatever happened. It
        takes some 30 µs from recording an exception to the end of a span that does nothing more.
        """
        span, children = self._tree.spans[index], self._tree.children[index]
        recorded_ns = max((event.time_ns for event in span.events if event.name == "exception"), default=0)
        if span.state != "ended" or span.end_ns - recorded_ns > MOMENT_NS:
            return False
        if children and self._tree.spans[children[-1]].start_ns > recorded_ns:
            return False
        return _RESULT.isdisjoint(span.attributes)


def sign_of(span: Span) -> Sign | None:
    """Give the sign that a span shows, None where it shows none."""
    attributes = span.attributes
    failed = span.status == "error"
    if not failed and span.state == "ended" and not span.events and _TELLING.isdisjoint(attributes):
        return None
    if span.state == "lost":
        return Sign("lost", message="its process is gone")
    if failed:
        return _told(span)
    outcome = attributes.get(keys.WEFT_OUTCOME)
    if outcome in (keys.OUTCOME_CANCELLED, keys.OUTCOME_CLOSED):
        return Sign("cancellation", type=str(outcome))
    if any(_WORDS[key](span, attributes[key]) for key in attributes.keys() & _WORDS.keys()):
        return _told(span)
    if span.work.tool and _tool_said_so(attributes):
        return _told(span, "tool_error")
    # The developer has said that all is well, whatever the protocol thinks of the answer.
    if span.status == "ok":
        return None
    if code := failure_code(span):
        return _told(span, code)
    recorded = _exception(span)
    if recorded:
        escaped = text(recorded.get("exception.escaped")).lower() == "true"
        sign = _told(span)
        return sign if escaped else Sign(sign.sort, sign.type, sign.message, sure=False)
    return None


def reason_of(span: Span, sign: Sign) -> str:
    """What the span says went wrong, in its own words."""
    if span.status_message:
        # An exception without a message of its own is written with the colon that would come before it.
        return span.status_message.rstrip().removesuffix(":")
    return ": ".join(part for part in (sign.type, sign.message) if part)


def _told(span: Span, code: str = "") -> Sign:
    """The sign of a span that failed, from all that it says."""
    attributes = span.attributes
    message = span.status_message[:_COMPARED]
    kind = text(attributes.get(keys.ERROR_TYPE))
    named = _NAMED.match(message)
    if named:
        message = message[named.end() :]
    recorded = _exception(span) if not kind or not message else {}
    kind = kind or text(recorded.get("exception.type"))
    if kind in ("", "_OTHER"):
        kind = code or (named[1] if named else "") or failure_code(span) or kind
    if not message:
        said = (recorded.get("exception.message"), *(attributes.get(key) for key in _MESSAGES))
        message = next((text(value)[:_COMPARED] for value in said if value), "")
    served = span.kind in ("server", "consumer") and not has_answered(span)
    return Sign(sort_of(kind, message, served=served), kind, message)


def _exception(span: Span) -> Mapping[str, Value]:
    """The exception that was recorded last."""
    for event in reversed(span.events):
        if event.name == "exception":
            return event.attributes
    return {}


#: `Type: message`, as OpenTelemetry's SDKs word it.
_NAMED: Final = re.compile(r"((?:\w{1,40}\.){0,8}[A-Z]\w{2,80}): ")
_MESSAGES: Final = (
    "error.message", "exception.message", "rpc.jsonrpc.error_message", "langfuse.observation.status_message",
)  # fmt: skip


def _says_true(_: Span, value: Value) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


_TRUE_WHEN_FAILED: Final = (
    "error", "isError", "is_error", "tool.is_error", "gen_ai.tool.is_error", "gen_ai.tool.call.is_error",
    "mcp.result.isError", "mcp.result.is_error", "mcp.tool.result.is_error", "mcp.response.is_error",
)  # fmt: skip
#: Attributes by which a span says itself that it failed, whatever its status.
_WORDS: Final[Mapping[str, Callable[[Span, Value], bool]]] = {
    keys.ERROR_TYPE: lambda _, value: bool(value),
    **dict.fromkeys(_TRUE_WHEN_FAILED, _says_true),
    "langfuse.observation.level": lambda _, value: value == "ERROR",
    "a2a.task.state": lambda _, value: text(value).lower().endswith(("failed", "rejected")),
    "gen_ai.response.finish_reasons": lambda _, value: '"error"' in text(value),
}

#: Where instrumentations put what a tool gave back: MCP's result says `isError`.
_RESULTS: Final = (
    "gen_ai.tool.call.result", "output.value", "traceloop.entity.output", "mcp.response.value",
    "ai.toolCall.result", "gcp.vertex.agent.tool_response", "langfuse.observation.output",
    "mlflow.spanOutputs", "lmnr.span.output", "tool_response",
)  # fmt: skip
_IS_ERROR: Final = re.compile(r'["\']is_?[eE]rror["\']\s*:\s*[tT]rue')


def _tool_said_so(attributes: Mapping[str, Value]) -> bool:
    return any(
        isinstance(result := attributes.get(key), str) and _IS_ERROR.search(result, 0, 1 << 16)
        for key in _RESULTS
    )


#: What tells that a span came to something in spite of an exception.
_RESULT: Final = frozenset((*CODE_KEYS, *_RESULTS))
_TELLING: Final = frozenset((keys.WEFT_OUTCOME, *_WORDS, *CODE_KEYS, *_RESULTS))
