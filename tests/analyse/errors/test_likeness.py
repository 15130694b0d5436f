"""Which words make two failures one."""

import pytest

from weft.analyse.errors.likeness import likeness
from weft.analyse.errors.sign import Sign


def error(message: str, type_name: str = "ValueError") -> Sign:
    return Sign("error", type_name, message)


@pytest.mark.parametrize(
    ("above", "below", "names", "alike"),
    [
        (error("no such page"), error("no such page"), (), 3),
        (error("search: no such page", "AgentFailed"), error("no such page"), (), 3),
        (error("no such page"), error("no such page: /tea"), (), 3),
        (error("oh no", "AgentFailed"), error("no"), (), 0),
        (error("the call ended with ValueError", "AgentFailed"), error("no such page"), (), 2),
        (error("it answered 503", "AgentFailed"), error("", "503"), (), 2),
        (error("researcher gave up", "AgentFailed"), error("no such page"), ("researcher",), 2),
        (error("researcher gave up", "AgentFailed"), error("no such page"), ("", "a"), 0),
        (error("", "KeyError"), error("", "builtins.KeyError"), (), 2),
        (error("tea", "KeyError"), error("coffee", "KeyError"), (), 1),
        (error("tea", "KeyError"), error("coffee"), (), 0),
        (error("", ""), error("", ""), (), 0),
    ],
)
def test_words_make_failures_alike(above: Sign, below: Sign, names: tuple[str, ...], alike: int) -> None:
    assert likeness(above, below, names) == alike
