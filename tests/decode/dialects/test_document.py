"""docs/reference/dialects.md says what the code does. To write its tables anew, run this file as a module."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from weft.decode.dialects.columns import TEXT_COLUMNS
from weft.decode.dialects.dialect import SPAN_NAME
from weft.decode.dialects.order import (
    DIALECTS,
    HINTS,
    IMPLIES,
    NAMED,
    OWN_WORDS,
    SAYS,
    SOURCES,
    Source,
    Words,
)

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "reference" / "dialects.md"
BEGIN: Final = "<!-- What follows is written by tests/decode/dialects/test_document.py. -->\n"


def code(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" if word != SPAN_NAME else "the span's name" for word in words)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def words(said: Iterable[Words]) -> Iterator[tuple[str, ...]]:
    for each in said:
        by_operation: defaultdict[str, list[str]] = defaultdict(list)
        for word, operation in each.operations.items():
            by_operation[operation].append(word)
        for operation, found in by_operation.items():
            yield each.dialect.name, code([each.key]), code(found), code([operation])


def sources(field: str) -> Iterator[tuple[str, ...]]:
    for (dialect, _), found in groupby(SOURCES[field], lambda each: (each.dialect, limits(each))):  # type: ignore[index]
        listed = list(found)
        name = dialect.name if dialect else "any"
        yield code(dict.fromkeys(each.key for each in listed)), name, limits(listed[0])


def limits(source: Source) -> str:
    if source.dialect is None:
        return "the rest of a name that says the operation"
    said = [f"in the scope `{source.dialect.scope}`"] if source.dialect.scope else []
    said += [f"where it says `{source.operation}`"] if source.operation else []
    said += ["within its JSON"] if source.document else []
    return ", ".join(said)


def rendered() -> str:
    lines = ["## Operations", "", "What a span does, by the first of these that it has:", ""]
    lines += table(("dialect", "key", "value, in any case", "operation"), words(SAYS))
    lines += ["If there is none, by words that say less:", ""]
    lines += table(("dialect", "key", "value, in any case", "operation"), words(HINTS))
    lines += [f"If there is none, the value of {code(OWN_WORDS)} in lower case.", ""]
    lines += ["If there is none, and the span is no message, by a key that only such spans have:", ""]
    lines += table(
        ("dialect", "key", "operation"),
        ((each.dialect.name, code([each.key]), code(each.operations.values())) for each in IMPLIES),
    )
    lines += ["If there is none, by the first word of the span's name:", ""]
    lines += table(
        ("first word", "operation", "the rest names"),
        ((code([word]), code([operation]), f"the {field}") for word, (operation, field) in NAMED.items()),
    )
    lines += ["## Fields", "", "For each the keys in the order in which they are believed.", ""]
    for field in SOURCES:
        lines += [f"### {field}", ""]
        lines += (
            [] if field in TEXT_COLUMNS or field not in {"agent_id", "arguments"} else ["In no column.", ""]
        )
        lines += table(("keys", "dialect", "only"), sources(field))
    apart = code(dialect.name for dialect in DIALECTS if dialect.apart)
    lines += [f"`input` leaves out the tokens of the cache in the dialect of {apart.replace('`', '')}."]
    return "\n".join(lines) + "\n"


def test_the_document_says_what_the_code_does() -> None:
    _, _, written = DOCUMENT.read_text().partition(BEGIN)
    assert written.strip() == rendered().strip(), f"run: python -m {__name__}"


if __name__ == "__main__":
    prose, _, _ = DOCUMENT.read_text().partition(BEGIN)
    DOCUMENT.write_text(prose + BEGIN + "\n" + rendered())
