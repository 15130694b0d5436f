"""The dialects applied to one span that came from a file or from Jaeger's JSON. Standard library only."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from weft.decode.dialects.dialect import SPAN_NAME, Dialect, Field
from weft.decode.dialects.order import (
    HINTS,
    IMPLIES,
    KEYS,
    NAMED,
    NUMBERS,
    OWN_WORDS,
    SAYS,
    SCOPES,
    SOURCES,
    TRANSPORT,
    Source,
    Words,
    says_something,
)
from weft.decode.dialects.usage import cost, tokens
from weft.decode.dialects.values import documented, name_of, number_of, provider_of, text_of, within, word_of
from weft.model.span import Kind, Value
from weft.model.work import NO_WORK, Work

Found = Mapping[str, Value]


def _ranks(table: Sequence[Words]) -> dict[str, tuple[int, ...]]:
    ranks: defaultdict[str, list[int]] = defaultdict(list)
    for rank, entry in enumerate(table):
        ranks[entry.key].append(rank)
    return {key: tuple(found) for key, found in ranks.items()}


def _places() -> dict[str, tuple[tuple[Field, int], ...]]:
    places: defaultdict[str, list[tuple[Field, int]]] = defaultdict(list)
    for field, sources in SOURCES.items():
        for rank, source in enumerate(sources):
            places[source.key].append((field, rank))
    return {key: tuple(found) for key, found in places.items()}


# By key, because a span has few of the keys: where it stands in each table, and so how much it is believed.
_PLACES: Final = _places()
_SAYS: Final = _ranks(SAYS)
_HINTS: Final = _ranks(HINTS)
_IMPLIES: Final = _ranks(IMPLIES)


def read(attributes: Mapping[str, Value], *, name: str, kind: Kind, scope: str) -> Work:
    """Say in one vocabulary what a span says of AI work.

    Args:
        attributes: Its attributes; arrays and maps as JSON text.
        name: Its name.
        kind: Its side of a call or a message.
        scope: Name of the instrumentation scope.

    Returns:
        What the span itself says; what follows from the spans around it is for others to find.
    """
    found = {key: value for key, value in attributes.items() if key in KEYS}
    if not found and scope not in SCOPES and not says_something(name):
        return NO_WORK
    return _Reader({**found, SPAN_NAME: name}, scope).work(transport=kind in TRANSPORT)


class _Reader:
    """One span's attributes that some dialect knows, its name among them."""

    def __init__(self, found: Found, scope: str) -> None:
        self._found, self._scope = found, scope
        self._claims: dict[str, str] = {}  # operations by the name of the dialect that says them
        self._operation = ""
        self._apart = False

    def work(self, *, transport: bool) -> Work:
        """Say it."""
        self._operation = self._find_operation(transport=transport)
        ranks: defaultdict[Field, list[int]] = defaultdict(list)
        for key in self._found:
            for field, rank in _PLACES.get(key, ()):
                ranks[field].append(rank)
        texts: dict[Field, str] = {}
        numbers: dict[Field, float] = {}
        for field, found in ranks.items():
            sources = (source for rank in sorted(found) if self._counts(source := SOURCES[field][rank]))
            if field in NUMBERS:
                self._read_number(field, sources, numbers)
            else:
                self._read_text(field, sources, texts)
        return Work(
            agent=texts.get("agent", ""),
            agent_id=texts.get("agent_id", ""),
            operation=self._operation,
            model=texts.get("model", ""),
            provider=provider_of(texts.get("provider", "")),
            tool=texts.get("tool", ""),
            arguments=texts.get("arguments", ""),
            conversation=texts.get("conversation", ""),
            workflow=texts.get("workflow", ""),
            tokens=tokens(numbers, apart=self._apart),
            cost=cost(numbers),
        )

    def _read_text(self, field: Field, sources: Iterable[Source], texts: dict[Field, str]) -> None:
        for source in sources:
            value = self._value(source, field)
            # Arguments are compared, not shown: they may be large.
            if said := value if field == "arguments" and isinstance(value, str) else name_of(text_of(value)):
                texts[field] = said
                return

    def _read_number(self, field: Field, sources: Iterable[Source], numbers: dict[Field, float]) -> None:
        for source in sources:
            number = within(field, number_of(self._value(source, field)))
            if number is not None:
                numbers[field] = number
                if field == "input" and source.dialect is not None:
                    self._apart = source.dialect.apart
                return

    def _find_operation(self, *, transport: bool) -> str:
        said, hinted = self._first(SAYS, _SAYS), self._first(HINTS, _HINTS)
        if said or hinted:
            return said or hinted
        for key in OWN_WORDS:
            if key in self._found and (word := word_of(text_of(self._found[key]))):
                return word
        if not transport:
            for words in self._present(IMPLIES, _IMPLIES):
                return words.operations[""]
        first, _, _ = str(self._found[SPAN_NAME]).partition(" ")
        return NAMED[first][0] if first in NAMED and self._name() else ""

    def _first(self, table: Sequence[Words], ranks: Mapping[str, Sequence[int]]) -> str:
        """The first operation of a table; and what each dialect says, where it has not said anything yet."""
        first = ""
        for words in self._present(table, ranks):
            operation = words.meaning(text_of(self._found[words.key]))
            if operation:
                self._claims.setdefault(words.dialect.name, operation)
                first = first or operation
        return first

    def _present(self, table: Sequence[Words], ranks: Mapping[str, Sequence[int]]) -> Iterator[Words]:
        """The entries of a table whose keys the span has, in order."""
        for rank in sorted(rank for key in self._found for rank in ranks.get(key, ())):
            if self._speaks(table[rank].dialect):
                yield table[rank]

    def _speaks(self, dialect: Dialect) -> bool:
        return not dialect.scope or dialect.scope == self._scope

    def _counts(self, source: Source) -> bool:
        """Whether what stands there is meant."""
        if source.dialect is None:
            return True
        if not self._speaks(source.dialect):
            return False
        return not source.operation or self._claims.get(source.dialect.name) == source.operation

    def _value(self, source: Source, field: Field) -> object:
        if source.dialect is None:
            return self._named(field)
        value = self._found[source.key]
        if source.document is None:
            return value
        return documented(source.document, text_of(value)).get(field)

    def _named(self, field: Field) -> str:
        """What the rest of the span's name names, where its first word says what the span does."""
        first, _, rest = self._name().partition(" ")
        operation, named = NAMED.get(first, ("", ""))
        return rest if named == field and operation == self._operation else ""

    def _name(self) -> str:
        return text_of(self._found[SPAN_NAME])
