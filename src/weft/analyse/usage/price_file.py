"""Prices of one's own: a file that is asked before the published table.

TOML or JSON: by the model's name, or a pattern with `*` and `?`, US dollars per million tokens.

    "gpt-4o" = { input = 2.5, output = 10, cache_read = 1.25 }
    "llama*" = { provider = "my-gateway", input = 0, output = 0 }
    "qwen3:8b" = [
        { provider = "ollama", input = 0, output = 0 },
        { provider = "rented", input = 0.1, output = 0.1 },
    ]
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Any, Final

from weft.analyse.usage.rate import Prices, Rate, Steps, flat

_PRICES: Final = ("input", "output", "cache_read", "cache_write", "reasoning")
_KEYS: Final = (*_PRICES, "provider")
_MOST: Final = 1e9


class PriceFileError(ValueError):
    """A price file cannot be used; the message names the file, the entry and the cause."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the file.

    Attributes:
        model: Name of a model or a pattern, in lower case.
        provider: The same of who runs it; empty for anybody.
        rate: What it costs.
    """

    model: str
    provider: str
    rate: Rate

    @property
    def precision(self) -> tuple[bool, bool]:
        """Entries that name the model, and then those that name a provider, come before the others."""
        return not any(sign in self.model for sign in "*?["), bool(self.provider)

    def matches(self, provider: str, model: str) -> bool:
        """Whether it is about this model of this provider, both in lower case."""
        named = model == self.model or fnmatchcase(model, self.model)
        return named and (not self.provider or fnmatchcase(provider, self.provider))


class OwnPrices:
    """Prices from a file.

    Args:
        entries: The lines; the most precise that matches counts, among equals the first.
        otherwise: Asked for what no line matches.
    """

    def __init__(self, entries: Sequence[Entry], otherwise: Prices) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.precision, reverse=True)
        self._otherwise = otherwise

    def rate(self, provider: str, model: str, at_ns: int) -> Rate | None:
        """Find the price in the file, or else where it is looked up otherwise; see `Prices.rate`."""
        return self._find(provider, model) or self._otherwise.rate(provider, model, at_ns)

    @cached_property
    def _find(self) -> Any:
        # Names are untrusted: what is remembered of them is bounded.
        return lru_cache(maxsize=4096)(self._look_up)

    def _look_up(self, provider: str, model: str) -> Rate | None:
        provider, model = provider.strip().lower(), model.strip().lower()
        return next((entry.rate for entry in self._entries if entry.matches(provider, model)), None)


def read_prices(content: bytes, name: str, otherwise: Prices) -> OwnPrices:
    """Read a price file.

    Args:
        content: What is in the file.
        name: The file, for messages.
        otherwise: Asked for what the file has no price for.

    Raises:
        PriceFileError: It is neither TOML nor JSON, or an entry is not what it should be.
    """
    try:
        text = content.decode("utf-8-sig")
        table = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PriceFileError(f"price file {name} is neither TOML nor JSON: {error}") from error
    return OwnPrices([entry for model in table for entry in _entries(name, model, table[model])], otherwise)


def _entries(name: str, model: str, value: object) -> Iterator[Entry]:
    for said in value if isinstance(value, list) else [value]:
        try:
            yield _entry(model, said)
        except ValueError as error:
            raise PriceFileError(f"price file {name}, entry {model!r}: {error}") from error


def _entry(model: str, said: object) -> Entry:
    if not isinstance(said, Mapping):
        raise ValueError("write prices as { input = 2.5, output = 10 }, in US dollars per million tokens")  # noqa: TRY004 - of a file
    if unknown := sorted(set(said) - set(_KEYS)):
        hint = "; a name with a dot in it needs quotes" if isinstance(said[unknown[0]], Mapping) else ""
        raise ValueError(f"{unknown[0]!r} is not known; write one of {', '.join(_KEYS)}{hint}")
    provider = said.get("provider", "")
    if not isinstance(provider, str):
        raise ValueError(f"provider is {provider!r}; write a name")  # noqa: TRY004 - of a file
    if "input" not in said and "output" not in said:
        raise ValueError("has neither an input nor an output price")
    steps = {key: _steps(key, said.get(key)) for key in _PRICES}
    rate = Rate(
        input=steps["input"],
        output=steps["output"],
        cache_read=steps["cache_read"],
        cache_write=steps["cache_write"],
        reasoning=steps["reasoning"],
    )
    return Entry(model.strip().lower(), provider.strip().lower(), rate)


def _steps(key: str, value: object) -> Steps:
    if value is None:
        return ()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        raise ValueError(f"{key} is {value!r}; write US dollars per million tokens, such as 2.5")
    return flat(float(value))
