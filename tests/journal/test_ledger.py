"""The ledger's file: short, and readable by who wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from weft.journal import Journal, JournalFormat
from weft.journal import ledger as ledger_module
from weft.journal import record as record_module
from weft.journal.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_written_anew_when_it_has_grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "REWRITE_BYTES", 500)
    sizes = []
    with Journal(tmp_path) as journal:
        for at in range(100):
            journal.append([b"x"])
            journal.mark(range(at, at + 1), b"note %d" % at)
            if at >= 3:
                journal.forget(at - 2)
            sizes.append((tmp_path / "ledger").stat().st_size)
        expected = (journal.first, journal.end, journal.marks())
        assert [mark.note for mark in expected[2]] == [b"note 97", b"note 98", b"note 99"]
    assert max(sizes) < 700
    with Journal(tmp_path) as journal:
        assert (journal.first, journal.end, journal.marks()) == expected
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".segment") == ["ledger", "lock"]


def test_marks_alone_do_not_make_it_written_anew_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "REWRITE_BYTES", 500)
    written = []
    rewrite = Ledger._rewrite

    def counted(ledger: Ledger) -> None:
        written.append(len(ledger.marks))
        rewrite(ledger)

    monkeypatch.setattr(Ledger, "_rewrite", counted)
    with Journal(tmp_path) as journal:
        for at in range(100):
            journal.append([b"x"])
            journal.mark(range(at, at + 1), b"a long note" * 10)
        marks = journal.marks()
        assert len(marks) == 100
    assert 2 <= len(written) < 10
    with Journal(tmp_path) as journal:
        assert journal.marks() == marks


def test_a_half_written_successor_is_removed(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append([b"x"])
        journal.mark(range(1), b"n")
    (tmp_path / "ledger.new").write_bytes(b"half")
    with Journal(tmp_path) as journal:
        assert journal.marks()[0].note == b"n"
    assert not (tmp_path / "ledger.new").exists()


def test_a_newer_format_is_refused_with_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(record_module, "FORMAT", 9)
        Journal(tmp_path).close()
    content = (tmp_path / "ledger").read_bytes()
    with pytest.raises(JournalFormat, match="has format 9") as caught:
        Journal(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert (tmp_path / "ledger").read_bytes() == content
