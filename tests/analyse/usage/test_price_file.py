"""Prices of one's own."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.analyse.usage.price_file import PriceFileError, read_prices
from weft.analyse.usage.rate import NO_PRICES, Rate, flat
from weft.model.work import Tokens

EXAMPLE = b"""
"gpt-4o*" = { input = 3, output = 9 }
"gpt-4o" = { input = 2, output = 10, cache_read = 1, cache_write = 4, reasoning = 20 }
"qwen3:8b" = [
    { provider = "rented*", input = 0.5, output = 0.5 },
    { input = 0, output = 0 },
]
"""


MILLION = Tokens(1_000_000)


class Otherwise:
    def rate(self, provider: str, model: str, at_ns: int) -> Rate | None:
        return Rate(input=flat(7.0))


def dollars(provider: str, model: str, tokens: Tokens = MILLION, content: bytes = EXAMPLE) -> float:
    rate = read_prices(content, "prices.toml", Otherwise()).rate(provider, model, 0)
    assert rate is not None
    return rate.cost(tokens)


def test_the_file_is_asked_first_and_then_the_table() -> None:
    assert dollars("openai", "gpt-4o") == 2
    assert dollars("openai", "claude") == 7


def test_a_name_comes_before_a_pattern_and_case_does_not_matter() -> None:
    assert dollars("", "GPT-4o") == 2
    assert dollars("", "gpt-4o-mini") == 3


def test_a_providers_price_comes_before_anybodys() -> None:
    assert dollars("rented.example", "qwen3:8b") == 0.5
    assert dollars("ollama", "qwen3:8b") == 0


def test_every_kind_of_token_has_its_price() -> None:
    assert dollars("", "gpt-4o", Tokens(1000, 100, 200, 300, 40)) == pytest.approx(
        (500 * 2 + 200 * 1 + 300 * 4 + 60 * 10 + 40 * 20) / 1e6
    )


def test_json_says_the_same() -> None:
    assert dollars("", "m", content=json.dumps({"m": {"input": 4}}).encode()) == 4


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"gpt = [", "prices.toml is neither TOML nor JSON"),
        (b'{"gpt": ', "prices.toml is neither TOML nor JSON"),
        (b"\xff\xfe", "prices.toml is neither TOML nor JSON"),
        (b'"gpt" = 3', "entry 'gpt': write prices as { input = 2.5, output = 10 }"),
        (b"gpt-4.1 = { input = 1 }", "entry 'gpt-4': '1' is not known.*a name with a dot in it needs quotes"),
        (b'"gpt" = { inputs = 3 }', "entry 'gpt': 'inputs' is not known; write one of input, output"),
        (b'"gpt" = { input = "3" }', "entry 'gpt': input is '3'; write US dollars per million tokens"),
        (b'"gpt" = { input = -1 }', "input is -1"),
        (b'"gpt" = { input = nan }', "input is nan"),
        (b'"gpt" = { input = true }', "input is True"),
        (b'"gpt" = { cache_read = 1 }', "neither an input nor an output price"),
        (b'"gpt" = { input = 1, provider = 3 }', "provider is 3; write a name"),
    ],
)
def test_a_mistake_is_named(content: bytes, cause: str) -> None:
    with pytest.raises(PriceFileError, match=cause):
        read_prices(content, "prices.toml", NO_PRICES)


@settings(max_examples=50)
@given(
    st.binary()
    | st.recursive(
        st.integers() | st.text() | st.floats() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(lambda value: json.dumps({"m": value}).encode())
)
def test_anything_is_prices_or_a_named_mistake(content: bytes) -> None:
    try:
        prices = read_prices(content, "f", NO_PRICES)
    except PriceFileError as error:
        said = str(error)
    else:
        prices.rate("p", "m", 0)
        said = "price file f"

    assert said.startswith("price file f")
