"""The ``tracestate`` field. Source: W3C Trace Context Level 2, section 3.3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from opentelemetry.trace import TraceState

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView

FIELD: Final = "tracestate"

MAX_MEMBERS: Final = 32
# Section 3.3.1.5: at least 512 characters should be propagated. More are, so that nobody's member is lost on
# our account; this is where it ends, for the sake of servers that take 8 KiB of headers in all.
MAX_CHARS: Final = 4096
LONG_MEMBER_CHARS: Final = 128

# Section 3.3.1.3.1 and .2: the key may begin with a digit and hold @ anywhere (the tenant@vendor form of
# Level 1 is a case of it); the value may begin with spaces, and ends with none.
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_\-*/@]{0,255}")
_VALUE: Final = re.compile(r"[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")
_MEMBER: Final = re.compile(f"({_KEY.pattern})=({_VALUE.pattern})")
# What senders write in fact: no white space around members, no empty ones. Checked as a whole, in 0.5 µs.
_TIDY: Final = re.compile(f"{_KEY.pattern}={_VALUE.pattern}(?:,{_KEY.pattern}={_VALUE.pattern})*")


class State(TraceState):
    """The members of a tracestate, the most recent first.

    Where OpenTelemetry's class would log and drop what it does not like, this one has been checked already,
    against the grammar of Level 2.

    Args:
        members: Valid members in order; not to be changed from then on.
    """

    def __init__(self, members: Mapping[str, str] | None = None) -> None:  # lean: one is made for every hop
        self._members = members if members is not None else {}

    def __contains__(self, key: object) -> bool:
        return key in self._members

    def __getitem__(self, key: str) -> str:
        return self._members[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"State({self._members!r})"

    def __reduce__(self) -> tuple[type[State], tuple[Mapping[str, str]]]:
        return State, (self._members,)

    @classmethod
    def from_header(cls, header_list: Sequence[str]) -> State:
        """Read the field; empty where it has to be ignored."""
        found = read(header_list)
        return EMPTY if isinstance(found, str) else found

    def keys(self) -> KeysView[str]:
        """The keys, the most recent first."""
        return self._members.keys()

    def items(self) -> ItemsView[str, str]:
        """The members, the most recent first."""
        return self._members.items()

    def values(self) -> ValuesView[str]:
        """The values, the most recent first."""
        return self._members.values()

    def add(self, key: str, value: str) -> TraceState:
        """Put a new member first; an invalid one, one that is there, or a 33rd changes nothing."""
        return self if key in self._members else self.update(key, value)

    def update(self, key: str, value: str) -> TraceState:
        """Put a member first, whether it was there or not; an invalid one, or a 33rd, changes nothing."""
        others = {name: held for name, held in self._members.items() if name != key}
        if len(others) >= MAX_MEMBERS or not (_KEY.fullmatch(key) and _VALUE.fullmatch(value)):
            return self
        return State({key: value, **others})

    def delete(self, key: str) -> State:
        """Take a member away."""
        return State({name: value for name, value in self._members.items() if name != key})

    def to_header(self) -> str:
        """The members as they are sent."""
        return ",".join([f"{key}={value}" for key, value in self._members.items()])


EMPTY: Final = State()


def read(values: Sequence[str]) -> State | str:
    """Read the field, or say in a few words why it has to be ignored as a whole.

    Several fields are one list, in order (RFC 9110, section 5.3). Of members with the same key the first one
    stays, which is the most recent (section 3.3.1.4). Members that do not fit into `MAX_CHARS` go, the long
    ones first, then from the end (section 3.3.1.5).

    Args:
        values: All values that came, in order.
    """
    text = values[0] if len(values) == 1 else ",".join(values)
    if len(text) <= MAX_CHARS and _TIDY.fullmatch(text):
        parts = text.replace("=", ",").split(",")  # neither stands inside of a key or a value
        tidy = dict(zip(parts[::2], parts[1::2], strict=True))
        if len(tidy) * 2 == len(parts) and len(tidy) <= MAX_MEMBERS:
            return State(tidy)
    return _thorough(text)


def take(values: Sequence[str], key: str) -> tuple[State, str, str] | str:
    """Read the field and take one member out of it.

    Args:
        values: All values that came, in order.
        key: The member.

    Returns:
        The other members, the member's value (empty without it), and all members as they are sent; or what is
        wrong.
    """
    alone = values[0]
    if len(values) == 1 and alone.startswith(f"{key}=") and _VALUE.fullmatch(alone, len(key) + 1):
        return EMPTY, alone[len(key) + 1 :], alone  # nearly always, between processes of ours
    state = read(values)
    if isinstance(state, str):
        return state
    value = state[key] if key in state else ""  # noqa: SIM401 - Mapping.get takes four times as long
    return (state.delete(key) if value else state), value, state.to_header()


def _thorough(text: str) -> State | str:
    """Read the field member by member."""
    members: dict[str, str] = {}
    count = 0
    for part in text.split(","):
        member = part.strip(" \t")
        if not member:
            continue
        match = _MEMBER.fullmatch(member)
        if match is None:
            return "a member that is not key=value"
        count += 1
        if count > MAX_MEMBERS:
            return f"more than {MAX_MEMBERS} members"
        members.setdefault(match[1], match[2])
    return State(members) if len(text) <= MAX_CHARS else State(_cut(members))


def _cut(members: dict[str, str]) -> dict[str, str]:
    """Whole members go until the rest fits: those longer than 128 characters first, from the end."""
    sizes = {key: len(key) + len(value) + 2 for key, value in members.items()}  # "=" and ","
    excess = sum(sizes.values()) - 1 - MAX_CHARS
    last_first = list(reversed(sizes))
    long = [key for key in last_first if sizes[key] - 1 > LONG_MEMBER_CHARS]
    gone: set[str] = set()
    for key in [*long, *last_first]:
        if excess <= 0:
            break
        if key not in gone:
            gone.add(key)
            excess -= sizes[key]
    return {key: value for key, value in members.items() if key not in gone}
