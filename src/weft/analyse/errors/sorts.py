"""What sort of failure it is, by the names that languages and protocols have for it."""

import re
from functools import lru_cache
from typing import Final, Literal

Sort = Literal["error", "timeout", "cancellation", "hang-up", "unreachable", "lost"]
"""The work went wrong; nobody waited any longer; somebody called it off; whoever asked for it seems to have
gone; the other side is not there, or died; the span's own process is gone."""

_READ: Final = 300  # characters of a message that are looked at: what it is about stands at its beginning

# Types are compared without their module, in lower case.
_TIMEOUT_TYPE: Final = re.compile(r"time_?d?_?out|deadline|^empty$")
_CANCELLATION_TYPE: Final = re.compile(r"cancel|^aborterror$|^generatorexit$|^clientdisconnect|^499$")
_HANG_UP_TYPE: Final = re.compile(r"reset|brokenpipe|aborted")
_UNREACHABLE_TYPE: Final = re.compile(
    r"^connect|connection|^remoteprotocol|disconnected|brokenprocess|brokenpipe|brokenexecutor|workerlost"
    r"|^unavailable$|^incompleteread$"
)
_TIMEOUT: Final = re.compile(
    r"\btime[ds]?[ -]?out\b|deadline.exceeded"
    r"|\b(?:no|without an?) (?:answer|reply|response|result)\b.{0,40}\b(?:within|after|in|for)\b"
    r"|(?:did|has|have) ?n[o']t (?:answer|repl|respond)|gave up (?:waiting|on)"
)
_CANCELLATION: Final = re.compile(
    r"^(?:the )?(?:operation |request |task |call )?(?:was )?cancell?ed\b|context cancell?ed"
)
_UNREACHABLE: Final = re.compile(
    r"connection (?:refused|reset|aborted|closed)|connect(?:ion)? (?:attempts? )?failed|broken pipe"
    r"|disconnected without|\bexit(?:ed)?(?: with)?(?: status| code)?[: ]+-(?:9|11|15)\b"
    r"|\bsig(?:kill|term|segv)\b|died\b|terminated abruptly"
    r"|no route to host|name or service not known|\bkilled\b"
)
_TIMEOUT_HINTS: Final = ("time", "deadline", "answer", "repl", "respon", "result", "gave up")
_CANCELLATION_HINTS: Final = ("cancel",)
_UNREACHABLE_HINTS: Final = (
    "connect", "pipe", "exit", "sig", "died", "terminated", "route", "not known", "killed"
)  # fmt: skip
_HTTP: Final[dict[str, Sort]] = {"408": "timeout", "499": "cancellation", "504": "timeout"}


def short(type_name: str) -> str:
    """An exception's name without its module."""
    return type_name.rpartition(".")[2]


def sort_of(type_name: str, message: str, *, served: bool) -> Sort:
    """Say what sort of failure it is.

    Args:
        type_name: `error.type`, the exception's type, a status code, or nothing.
        message: What came with it.
        served: Whether the span serves a request that it has not answered: there a broken connection means
            that the caller has gone.
    """
    return _sort_of(type_name[:_READ], message[:_READ], served)


@lru_cache(maxsize=1024)  # a failure that is passed on repeats its words
def _sort_of(type_name: str, message: str, served: bool) -> Sort:
    said = message.lower()
    by_type = _sort_of_type(type_name, served)
    if by_type == "unreachable" and _TIMEOUT.search(said):
        return "timeout"
    if by_type is not None:
        return by_type
    if _says(said, _TIMEOUT_HINTS, _TIMEOUT):
        return "timeout"
    if _says(said, _CANCELLATION_HINTS, _CANCELLATION):
        return "cancellation"
    return "unreachable" if _says(said, _UNREACHABLE_HINTS, _UNREACHABLE) else "error"


def _says(said: str, hints: tuple[str, ...], words: re.Pattern[str]) -> bool:
    """Search for words, but only where one of the hints is: the search takes five times as long."""
    return any(map(said.__contains__, hints)) and words.search(said) is not None


@lru_cache(maxsize=1024)
def _sort_of_type(type_name: str, served: bool) -> Sort | None:
    """What the type alone says; None where it says nothing."""
    name = short(type_name).lower()
    if name in _HTTP:
        return _HTTP[name]
    if _TIMEOUT_TYPE.search(name):
        return "timeout"
    if _CANCELLATION_TYPE.search(name):
        return "cancellation"
    if not _UNREACHABLE_TYPE.search(name):
        return None
    return "hang-up" if served and _HANG_UP_TYPE.search(name) else "unreachable"
