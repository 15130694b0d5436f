"""Prices of one's own, from the option to the facts."""

import subprocess
import sys
from pathlib import Path

import pytest

from weft.analyse.usage.price_file import PriceFileError
from weft.analyse.usage.published import PUBLISHED
from weft.app import open_pipeline
from weft.query.prices import open_prices
from weft.testing import TraceBuilder


def test_without_a_file_the_published_prices_count() -> None:
    assert open_prices(None) is PUBLISHED


def test_a_file_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text('{"gpt-4o": {"input": 1}}')
    prices = open_prices(file)

    mine, published = prices.rate("openai", "gpt-4o", 0), prices.rate("openai", "gpt-4o-mini", 0)
    assert mine is not None
    assert mine.input == ((-1, 1.0),)
    assert published == PUBLISHED.rate("openai", "gpt-4o-mini", 0)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PriceFileError, match=f"price file {tmp_path} cannot be read: is a directory"):
        open_prices(tmp_path)


def test_a_backend_does_not_start_with_a_file_that_it_cannot_use(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text('"gpt-4o" = 3\n')
    done = subprocess.run(
        [sys.executable, "-m", "weft", "up", "--data", str(tmp_path / "data"), "--prices", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert f"weft up: price file {file}, entry 'gpt-4o': write prices as" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_backend_explains_with_the_prices_that_it_was_given(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text('"gpt-4o" = { input = 1_000_000 }\n')
    build = TraceBuilder()
    build.chat("gpt-4o", input_tokens=3)

    with open_pipeline(tmp_path / "data", 256 << 20, prices=open_prices(file)) as pipeline:
        assert pipeline.facts._explain(build.trace()).usage.cost == 3
