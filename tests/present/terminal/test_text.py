"""Text of strangers in a terminal."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from weft.present.terminal.text import LIMIT, clean, encodable, fit


@pytest.mark.parametrize(
    ("hostile", "left"),
    [
        ("plain text", "plain text"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[H\x1b[?1049hgone", "gone"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP+q544e\x1b\\dcs", "dcs"),
        ("\x1bcreset", "reset"),
        ("\x1b]0;without an end", "0;without an end"),
        ("\x1b[31", ""),
        ("\x1b", ""),
        ("\x9b31mc1", "31mc1"),
        ("a quotation mark \xe2\x80\x9d decoded wrongly", "a quotation mark \xe2 decoded wrongly"),
        ("one\ntwo\r\nthree\tfour\x0b\x0cfive", "one two three four five"),
        ("one\u2028two\u2029three", "one two three"),
        ("\r\x08\x7foverwritten\x00", "overwritten"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("\u2066isolated\u2069\u200f\u200b\ufeff", "isolated"),
        ("half \ud83d pair", "half pair"),
        ("e\u0301 and " + "z" + "\u0335" * 50, "e\u0301 and z\u0335\u0335"),
        ("数据 🙂", "数据 🙂"),
        ("[bold red]markup[/] :smile:", "[bold red]markup[/] :smile:"),
    ],
)
def test_what_can_be_read_is_left(hostile: str, left: str) -> None:
    assert clean(hostile) == left


@given(st.text() | st.text("\x1b\x9b[]P\\;0m\x07\n"))
def test_nothing_that_acts_on_a_terminal_is_left(hostile: str) -> None:
    left = clean(hostile)

    assert not any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in left)
    assert clean(left) == left


def test_a_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 5_000, 10) == "x" * 10 + "…"
    assert len(clean("x" * (1 << 20))) == LIMIT + 1
    assert len(clean("z" + "\u0335" * (1 << 20))) <= LIMIT


@pytest.mark.parametrize("piece", ["\x1b]", "\x1b[", "\x1bP0", "\x1b[0", "\x1b \x1b"])
def test_no_text_takes_long_to_clean(piece: str) -> None:
    """A pattern that looks at a character again and again would need hours for this."""
    before = time.process_time()
    clean(piece * 500_000, 1 << 20)
    assert time.process_time() - before < 60


@given(st.text(), st.integers(0, 30), st.sampled_from(["…", "..."]))
def test_a_text_is_cut_to_cells(text: str, cells: int, ellipsis: str) -> None:
    text = clean(text)
    cut = fit(text, cells, ellipsis)

    assert cell_len(cut) <= cells
    assert cut == text or cut.endswith(ellipsis[: min(cells, 3)])


def test_wide_characters_count_twice() -> None:
    assert fit("数据数据", 8) == "数据数据"
    assert fit("数据数据", 7) == "数据数…"
    assert fit("数据数据", 6) == "数据…"
    assert fit("数据", 0) == ""


@given(st.text(), st.sampled_from(["ascii", "latin-1", "utf-8", "cp1252"]))
def test_what_an_encoding_does_not_have_is_replaced(text: str, encoding: str) -> None:
    encodable(text, encoding).encode(encoding)


def test_our_own_signs_have_words_in_ascii() -> None:
    assert encodable("12 µs …", "ascii") == "12 us ..."
