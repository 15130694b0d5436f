"""What a tool was called with is told by a digest, and only by that."""

from __future__ import annotations

import asyncio
import enum
import subprocess
import sys
from dataclasses import dataclass
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import weft
from weft.analyse.explain import explain
from weft.instrument.arguments import Arguments

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tests.instrument.conftest import Spans

    from weft.testing import Traces

KEY = "weft.tool.arguments_digest"


def search(query: str, limit: int = 3, *more: str, lang: str = "en", **filters: object) -> str:
    return query


def digest(*args: object, **kwargs: object) -> str | None:
    return Arguments(search).digest(args, kwargs)


def digests(spans: Spans) -> list[object]:
    return [(span.attributes or {}).get(KEY) for span in spans.all()]


def test_a_digest_is_sixteen_hex_digits_and_the_same_in_every_process() -> None:
    program = (
        "from weft.instrument.arguments import Arguments\n"
        "print(Arguments(lambda query: 0).digest(({'tea', 'loom', 7},), {}))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert said == ["88435a94772b55bf"] * 2


def test_the_same_call_has_the_same_digest_however_it_is_spelled() -> None:
    same = [
        digest("tea"),
        digest(query="tea"),
        digest("tea", 3),
        digest("tea", limit=3),
        digest(lang="en", query="tea", limit=3),
    ]
    assert len(set(same)) == 1
    assert digest("tea", year=1990, tag="a") == digest("tea", tag="a", year=1990)


def test_other_calls_have_other_digests() -> None:
    others = [
        digest("tea"),
        digest("coffee"),
        digest("tea", 4),
        digest("tea", 3, "x"),
        digest("tea", 3, "x", "y"),
        digest("tea", 3, "xy"),
        digest("tea", lang="de"),
        digest("tea", language="de"),
        digest("tea", True),
        digest("tea", None),
        digest(["tea"]),
        digest(b"tea"),
    ]
    assert len(set(others)) == len(others)
    assert None not in others


class Color(enum.StrEnum):
    RED = "red"


@dataclass
class Query:
    text: str


def foreign() -> object:
    """An object that fails whoever asks it or its type anything. Made where it is used: pytest asks too."""

    class Hostile(type):
        def __hash__(cls) -> int:
            raise AssertionError("asked")

        def __eq__(cls, other: object) -> bool:
            raise AssertionError("asked")

    class Foreign(metaclass=Hostile):
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError("asked")

        __repr__ = __str__ = __iter__ = __len__ = __bool__ = __hash__ = __eq__ = __lt__ = property(
            lambda self: self.asked
        )

    return Foreign()


class Text(str):
    __slots__ = ()

    def __len__(self) -> int:
        raise AssertionError("asked")

    def __hash__(self) -> int:
        raise AssertionError("asked")

    def __format__(self, spec: str) -> str:
        raise AssertionError("asked")


NOT_PLAIN: dict[str, Callable[[], object]] = {
    "foreign": foreign,
    "subclass": lambda: Text("a"),
    "enum": lambda: Color.RED,
    "dataclass": lambda: Query("tea"),
    "function": lambda: search,
    "range": lambda: range(3),
    "iterator": lambda: iter([]),
    "bytearray": bytearray,
}


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_of_what_is_no_plain_data_there_is_no_digest_and_none_of_its_code_runs(name: str) -> None:
    value = NOT_PLAIN[name]()
    for call in ((value,), ("tea", 3, value), ([value],), ({"a": (value,)},)):
        assert digest(*call) is None
    assert digest("tea", filter=value) is None


def test_a_default_that_is_no_plain_data_is_no_matter_where_it_is_not_given() -> None:
    client = foreign()

    def tool(query: str, client: object = client) -> None: ...

    arguments = Arguments(tool)
    assert arguments.digest(("tea",), {}) == arguments.digest((), {"query": "tea"}) is not None
    assert arguments.digest(("tea", client), {}) is None


def test_the_name_of_an_argument_is_text_and_nothing_else() -> None:
    class Name(str):
        __slots__ = ()

        def __hash__(self) -> int:
            return hash("limit")

        def __eq__(self, other: object) -> bool:
            raise AssertionError("asked")

        def __ne__(self, other: object) -> bool:
            raise AssertionError("asked")

    assert digest("tea", **{Name("limit"): 4}) is None


@given(st.text(), st.integers(), st.dictionaries(st.text(max_size=3), st.floats()))
def test_there_is_a_digest_of_whatever_is_plain(text: str, number: int, held: dict[str, float]) -> None:
    found = digest(text, number, more=held)

    assert found is not None
    assert len(found) == 16
    assert set(found) <= set("0123456789abcdef")


class Library:
    """Methods of every kind that are tools."""

    @weft.tool
    def method(self, query: str) -> str:
        return query

    @weft.tool
    @classmethod
    def of_class(cls, query: str) -> str:
        return query

    @classmethod
    @weft.tool
    def of_class_too(cls, query: str) -> str:
        return query

    @weft.tool
    @staticmethod
    def static(query: str) -> str:
        return query

    @weft.tool
    async def later(self, query: str) -> str:
        return query

    @weft.tool
    def each(self, query: str) -> Iterator[str]:
        yield query

    @weft.tool
    async def each_later(self, query: str) -> AsyncIterator[str]:
        yield query

    def __call__(self, query: str) -> str:
        return query


async def drained(items: AsyncIterator[str]) -> list[str]:
    return [item async for item in items]


def test_tools_of_every_kind_have_the_digest_of_what_they_are_given(spans: Spans) -> None:
    library = Library()
    weft.tool("plain")(lambda query: query)("tea")
    library.method("tea")
    Library.method(library, query="tea")
    Library.of_class("tea")
    library.of_class_too(query="tea")
    Library.static("tea")
    asyncio.run(library.later("tea"))
    list(library.each("tea"))
    asyncio.run(drained(library.each_later("tea")))
    weft.tool(library)("tea")
    weft.tool(library.__call__)("tea")
    weft.tool("partly")(partial(search, limit=3))("tea")

    assert digests(spans) == [digest("tea")] * 12


def test_a_function_that_is_wrapped_is_called_as_the_one_inside(spans: Spans) -> None:
    @weft.tool
    @wraps(search)
    def wrapper(*args: Any, **kwargs: Any) -> str:
        return search(*args, **kwargs)

    wrapper("tea")
    wrapper(query="tea")

    assert digests(spans) == [digest("tea")] * 2


def test_only_decorated_tools_have_it_and_only_where_it_is_wanted(spans: Spans) -> None:
    weft.tool("t", arguments_digest=False)(search)("tea")
    weft.tool(arguments_digest=False)(search)("tea")
    weft.agent("a")(search)("tea")
    with weft.tool("t"):
        pass

    assert digests(spans) == [None] * 4


def test_a_call_that_fails_for_its_arguments_fails_as_before(spans: Spans) -> None:
    tool: Callable[..., str] = weft.tool(search)
    with pytest.raises(TypeError, match="multiple values"):
        tool("tea", query="tea")
    with pytest.raises(TypeError, match="missing"):
        tool()

    assert spans.names() == ["execute_tool search"] * 2


def test_a_function_without_a_signature_is_a_tool_without_a_digest(spans: Spans) -> None:
    class Odd:
        @property
        def __signature__(self) -> object:
            raise OSError("not today")

        def __call__(self, query: str) -> str:
            return query

    assert weft.tool("odd")(Odd())("tea") == "tea"
    assert weft.tool("most")(max)(1, 2) == 2
    assert digests(spans) == [None] * 2


@pytest.mark.parametrize(
    ("queries", "found"),
    [(["tea", "tea", "tea"], [("same_call", "search")]), (["tea", "loom", "silk"], [])],
)
def test_a_tool_that_is_called_alike_again_and_again_is_found_in_the_trace(
    weft_traces: Traces, queries: list[str], found: list[tuple[str, str]]
) -> None:
    tool = weft.tool(search)
    with weft.agent("planner"):
        for query in queries:
            tool(query)
    (trace,) = weft_traces

    assert [(loop.kind, loop.what) for loop in explain(trace).loops] == found
