"""The policy of this process: whom it believes, whom it tells, and what baggage it takes along."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, cast

from weft.instrument.trust.doors import ANYWHERE, doors_of, normal
from weft.instrument.trust.hosts import Pattern, is_inside, pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from weft.instrument.trust.ingress import Arriving

Action = Literal["trust", "link", "restart"]
ACTIONS: Final = ("trust", "link", "restart")

INGRESS: Final = "WEFT_INGRESS"
EGRESS: Final = "WEFT_EGRESS"
BAGGAGE_KEYS: Final = "WEFT_BAGGAGE_KEYS"
BAGGAGE_EGRESS: Final = "WEFT_BAGGAGE_EGRESS"

_log = logging.getLogger("weft")


class Rule(NamedTuple):
    """What becomes of the context that arrives at one door.

    Attributes:
        listener: The address and port that the server listens on.
        path: The first segments of the path (``/public`` is also ``/public/x``, not ``/publicity``).
        action: What to do.
    """

    listener: Pattern
    path: str
    action: Action

    def covers(self, arriving: Arriving | None) -> bool:
        """Whether a request came in at this door.

        Where that is not clear a rule covers that protects, and one that trusts does not: where the listener
        is not known, and where the path is another one without its empty and dot segments.
        """
        everywhere = self.listener == ANYWHERE
        if everywhere and not self.path:
            return True
        if arriving is None:
            return False
        trusts = self.action == "trust"
        is_known = bool(arriving.host) or arriving.port is not None
        if not (self.listener.covers(arriving.host, arriving.port) if is_known else everywhere or not trusts):
            return False
        below = [f"{path}/".startswith(f"{self.path}/") for path in (arriving.path, normal(arriving.path))]
        return all(below) if trusts else any(below)


class Leave(NamedTuple):
    """What may go along with a call."""

    trace: bool
    baggage: bool


EVERYTHING: Final = Leave(trace=True, baggage=True)


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """Who is believed and who is told.

    Attributes:
        ingress: The first rule that covers a request decides; without one it is trusted.
        egress: Hosts outside that get trace headers; those inside always do.
        baggage_keys: Baggage that is taken in and handed on; None for all of it.
        baggage_egress: Hosts outside that get baggage; those inside always do.
        leave: What may go along to a host and port.
    """

    ingress: tuple[Rule, ...] = ()
    egress: tuple[Pattern, ...] = ()
    baggage_keys: frozenset[str] | None = None
    baggage_egress: tuple[Pattern, ...] = ()
    leave: Callable[[str, int | None], Leave] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Remember the last thousand destinations: deciding takes 5 µs, looking it up 0.1 (measured)."""

        @lru_cache(maxsize=1024)
        def decide(host: str, port: int | None) -> Leave:
            inside = is_inside(host)
            leave = Leave(
                inside or any(each.covers(host, port) for each in self.egress),
                inside or any(each.covers(host, port) for each in self.baggage_egress),
            )
            return EVERYTHING if leave == EVERYTHING else leave

        object.__setattr__(self, "leave", decide)

    def action(self, arriving: Arriving | None) -> Action:
        """What to do with the context of a request."""
        return next((rule.action for rule in self.ingress if rule.covers(arriving)), "trust")


_current = Policy()


def current() -> Policy:
    """The policy in force."""
    return _current


def enforce(policy: Policy) -> None:
    """Put a policy into force."""
    global _current  # noqa: PLW0603 - one process has one policy
    _current = policy


def policy(
    ingress: str | Mapping[str, str] | None = None,
    egress: str | Iterable[str] | None = None,
    baggage_keys: str | Iterable[str] | None = None,
    baggage_egress: str | Iterable[str] | None = None,
) -> Policy:
    """Make a policy from what the user said.

    What cannot be read costs one warning and is taken at its safest.

    Args:
        ingress: ``"restart"``, or doors with what to do there, in order: ``{"/public": "restart", ":8443":
            "link", "10.0.0.5:80/hooks": "link", "*": "trust"}``; the same as text is
            ``/public=restart,:8443=link,trust``. WEFT_INGRESS by default.
        egress: Hosts (``hosts.pattern``); WEFT_EGRESS by default.
        baggage_keys: Keys, or ``*``; WEFT_BAGGAGE_KEYS by default.
        baggage_egress: Hosts; WEFT_BAGGAGE_EGRESS by default.
    """
    keys = _words("baggage_keys=", baggage_keys, BAGGAGE_KEYS)
    return Policy(
        ingress=tuple(_rules(ingress)),
        egress=tuple(_patterns(_words("egress=", egress, EGRESS))),
        baggage_keys=None if keys is None or "*" in keys[1] else frozenset(keys[1]),
        baggage_egress=tuple(_patterns(_words("baggage_egress=", baggage_egress, BAGGAGE_EGRESS))),
    )


def _rules(given: object) -> Iterable[Rule]:
    source = "ingress=" if given is not None else INGRESS
    if isinstance(given, Mapping):
        doors = [(str(door).strip(), str(action).strip()) for door, action in given.items()]
    else:
        text = str(given if given is not None else os.environ.get(INGRESS, ""))
        parts = [part.strip() for part in text.split(",") if part.strip()]
        doors = [(door.strip(), action.strip()) for door, _, action in (_split(part) for part in parts)]
    for door, action in doors:
        places = doors_of(door)
        if places and action in ACTIONS:
            yield from (Rule(listener, path, cast(Action, action)) for listener, path in places)
            continue
        _log.warning(
            "weft: %s: %r is not a door with trust, link or restart (like /public=restart or :8443=link); "
            "contexts are not trusted %s",
            source,
            f"{door}={action}" if door else action,
            "there" if places else "anywhere from this rule on",
        )
        # A rule that was meant to protect must not open the door because it is misspelt.
        yield from (Rule(listener, path, "restart") for listener, path in places or [(ANYWHERE, "")])


def _split(part: str) -> tuple[str, str, str]:
    return part.rpartition("=") if "=" in part else ("", "", part)


def _words(name: str, given: str | Iterable[str] | None, variable: str) -> tuple[str, list[str]] | None:
    """A list of words, from the argument or the variable, with the name its user knows it by."""
    source, value = (name, given) if given is not None else (variable, os.environ.get(variable))
    if value is None:
        return None
    if isinstance(value, str):
        value = value.split(",")
    words: object = value
    if not isinstance(words, Iterable):
        _log.warning("weft: %s is not a list of words; it is not used", source)
        return source, []
    return source, [str(word).strip() for word in words if str(word).strip()]


def _patterns(words: tuple[str, list[str]] | None) -> Iterable[Pattern]:
    for word in words[1] if words else ():
        try:
            yield pattern(word)
        except ValueError as error:
            _log.warning("weft: %s: %s; it is not used", words[0] if words else "", error)
