"""Files that were cut, flipped, lost or forged."""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weft.journal import Damage, Journal
from weft.journal import damage as damage_module
from weft.journal.damage import Damages
from weft.journal.record import FILE_HEADER_SIZE, marker, pack_record_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BODIES = [b"%d:" % at + b"payload-" * (at % 4) for at in range(14)]
FORGOTTEN = 2


def fill(directory: Path) -> None:
    """Entries 2 to 13 in several segments; 0 and 1 are forgotten, in a segment that still stands."""
    with Journal(directory, segment_bytes=180) as journal:
        journal.append(BODIES[:4])
        for at in range(4, 14, 2):
            journal.append(BODIES[at : at + 2])
        journal.mark(range(2, 6), b"group")
        journal.forget(FORGOTTEN)


def check_after(directory: Path, name: str, *, may_lose: range) -> tuple[Damage, ...]:
    """Only entries in `may_lose` are lost, none is wrong, and numbers go on."""
    with Journal(directory, segment_bytes=180) as journal:
        found = list(journal.read(0))
        assert all(BODIES[sequence] == body for sequence, body in found)
        sequences = [sequence for sequence, _ in found]
        assert sequences == sorted(set(sequences))
        if name != "ledger":
            assert journal.first >= FORGOTTEN
        missing = set(range(FORGOTTEN, 14)) - set(sequences)
        assert missing <= set(may_lose)
        damaged = journal.damaged
        end = journal.end
        assert list(journal.append([b"new", b"newer"])) == [end, end + 1]
        assert list(journal.read(0)) == [*found, (end, b"new"), (end + 1, b"newer")]
    with Journal(directory, segment_bytes=180) as journal:
        assert list(journal.read(0)) == [*found, (end, b"new"), (end + 1, b"newer")]
    return damaged


@pytest.fixture(scope="module")
def original(fresh_directory: Callable[[], Path]) -> Path:
    directory = fresh_directory()
    fill(directory)
    assert len(list(directory.glob("*.segment"))) > 3
    return directory


def spans(directory: Path) -> dict[str, list[tuple[int, int, int]]]:
    """Where each entry lies: per segment, (sequence number, offset, end)."""
    result: dict[str, list[tuple[int, int, int]]] = {}
    for path in sorted(directory.glob("*.segment")):
        sequence, offset, size = int(path.stem), FILE_HEADER_SIZE, path.stat().st_size
        result[path.name] = []
        while offset < size:
            end = offset + 28 + len(BODIES[sequence])
            result[path.name].append((sequence, offset, end))
            sequence, offset = sequence + 1, end
        assert offset == size
    return result


def bytes_of(directory: Path) -> Iterator[tuple[str, int]]:
    for path in sorted(directory.iterdir()):
        if path.name != "lock":
            for offset in range(path.stat().st_size):
                yield path.name, offset


def test_any_byte_flipped_anywhere_costs_at_most_its_own_entry_and_is_reported(
    original: Path, fresh_directory: Callable[[], Path]
) -> None:
    chance = random.Random(7)
    where = spans(original)
    last = max(where)
    for name, offset in bytes_of(original):
        copy = fresh_directory()
        shutil.copytree(original, copy)
        path = copy / name
        data = bytearray(path.read_bytes())
        data[offset] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        hit = [sequence for sequence, start, end in where.get(name, []) if start <= offset < end]
        damaged = check_after(copy, name, may_lose=range(hit[0], hit[0] + 1) if hit else range(0))
        if hit and hit[0] < FORGOTTEN:
            continue  # nobody reads it
        assert [damage.file for damage in damaged] == [name], (name, offset)
        assert damaged[0].offset <= offset < damaged[0].offset + damaged[0].length
        if hit and name != last:
            assert damaged[0].lost == range(hit[0], hit[0] + 1)
        elif hit:
            assert damaged[0].lost[0] == hit[0]
        shutil.rmtree(copy)


def test_cut_at_any_byte_what_was_before_the_cut_is_there(
    original: Path, fresh_directory: Callable[[], Path]
) -> None:
    where = spans(original)
    last = max(where)
    for name, size in bytes_of(original):
        copy = fresh_directory()
        shutil.copytree(original, copy)
        os.truncate(copy / name, size)
        cut = [sequence for sequence, _, end in where.get(name, []) if end > size]
        may_lose = range(cut[0], cut[-1] + 1) if cut else range(0)
        damaged = _check_cut(copy, name, may_lose)
        wanted = [sequence for sequence in may_lose if sequence >= FORGOTTEN]
        if name == "ledger" or not wanted:
            continue
        if name == last:
            assert damaged == (), "a torn end is not damage"
        else:
            lost = [sequence for damage in damaged for sequence in damage.lost]
            assert [sequence for sequence in lost if sequence >= FORGOTTEN] == wanted
        shutil.rmtree(copy)


def _check_cut(directory: Path, name: str, may_lose: range) -> tuple[Damage, ...]:
    with Journal(directory, segment_bytes=180) as journal:
        found = list(journal.read(0))
        assert all(BODIES[sequence] == body for sequence, body in found)
        missing = set(range(FORGOTTEN, 14)) - {sequence for sequence, _ in found}
        assert missing == {sequence for sequence in may_lose if sequence >= FORGOTTEN}
        # A header that is cut off costs nothing, but is damage of its own in a segment that was complete.
        damaged = tuple(damage for damage in journal.damaged if damage.lost)
        end = journal.end
        assert journal.append([b"new"]) == range(end, end + 1)
    with Journal(directory, segment_bytes=180) as journal:
        assert list(journal.read(0)) == [*found, (end, b"new")]
    return damaged


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_stretch_overwritten_never_raises_and_never_gives_a_wrong_body(
    data: st.DataObject, original: Path, fresh_directory: Callable[[], Path]
) -> None:
    copy = fresh_directory()
    shutil.copytree(original, copy)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(copy.glob("[0l]*[rt]"))))
        offset = data.draw(st.integers(0, path.stat().st_size))
        junk = data.draw(st.binary(max_size=120) | st.integers(1, 120).map(bytes))
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(junk)
    with Journal(copy) as journal:
        same = journal.identity
        found = list(journal.read(0))
        assert all(BODIES[sequence] == body for sequence, body in found)
        end = journal.end
        journal.append([b"new"])
    with Journal(copy) as journal:
        assert journal.identity == same
        assert list(journal.read(0)) == [*found, (end, b"new")]


def test_records_forged_inside_a_body_are_not_found(tmp_path: Path) -> None:
    """Without knowing the journal's identity; the header before the forgery is damaged, so it is searched."""
    forged = b"".join(pack_record_header(marker(bytes(16)), at, b"forged") + b"forged" for at in range(5))
    with Journal(tmp_path) as journal:
        journal.append([b"first", forged, b"last"])
    path = next(tmp_path.glob("*.segment"))
    data = bytearray(path.read_bytes())
    data[data.index(forged) - 1] ^= 1
    path.write_bytes(data)
    with Journal(tmp_path) as journal:
        assert list(journal.read(0)) == [(0, b"first"), (2, b"last")]
        assert [damage.lost for damage in journal.damaged] == [range(1, 2)]


def test_an_unreadable_end_gives_no_number_out_again(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append([b"a", b"b" * 500])
    path = next(tmp_path.glob("*.segment"))
    data = bytearray(path.read_bytes())
    data[data.index(b"bbb") - 28] ^= 1
    path.write_bytes(data)
    ends = set()
    for _ in range(2):
        with Journal(tmp_path) as journal:
            ends.add(journal.end)
            assert [damage.lost.start for damage in journal.damaged] == [1]
    assert len(ends) == 1
    assert min(ends) >= 2
    with Journal(tmp_path) as journal:
        taken = journal.append([b"c"])
    assert path.read_bytes() == data, "what may have been acknowledged is not overwritten"
    with Journal(tmp_path) as journal:
        assert list(journal.read(0)) == [(0, b"a"), (taken[0], b"c")]
        assert [damage.lost for damage in journal.damaged] == [range(1, taken[0])]


def test_garbage_between_two_records_costs_neither(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append([b"a", b"b"])
    path = next(tmp_path.glob("*.segment"))
    data = path.read_bytes()
    at = FILE_HEADER_SIZE + 29
    path.write_bytes(data[:at] + bytes(40) + data[at:])
    with Journal(tmp_path) as journal:
        assert list(journal.read(0)) == [(0, b"a"), (1, b"b")]
        assert journal.damaged == (Damage(path.name, at, 40, range(1, 1)),)
        assert journal.append([b"c"]) == range(2, 3)


def test_damage_outside_of_what_is_read_is_neither_reported_nor_in_the_way(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=400) as journal:
        journal.append([b"a" * 50, b"b" * 50, b"c" * 50, b"d" * 50])
        journal.append([b"next segment" * 20])
    path = min(tmp_path.glob("*.segment"))
    data = bytearray(path.read_bytes())
    data[data.index(b"bbb") - 20] ^= 1
    data[data.index(b"ddd")] ^= 1
    path.write_bytes(data)
    with Journal(tmp_path) as journal:
        assert [sequence for sequence, _ in journal.read(2, 3)] == [2]
        assert not journal.damaged
        assert [sequence for sequence, _ in journal.read(0, 2)] == [0]
        assert [damage.lost for damage in journal.damaged] == [range(1, 2)]
        assert [sequence for sequence, _ in journal.read(1)] == [2, 4]
        assert [damage.lost for damage in journal.damaged] == [range(1, 2), range(3, 4)]


def test_a_segment_that_was_cut_to_nothing_is_begun_again(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=100) as journal:
        journal.append([b"a" * 60])
        journal.append([b"b" * 60])
    os.truncate(max(tmp_path.glob("*.segment")), 5)
    with Journal(tmp_path, segment_bytes=100) as journal:
        assert journal.append([b"c" * 200]) == range(1, 2)
        journal.forget(1)
        assert list(journal.read(0)) == [(1, b"c" * 200)]
    with Journal(tmp_path, segment_bytes=100) as journal:
        assert list(journal.read(0)) == [(1, b"c" * 200)]
        assert not journal.damaged


def test_a_lost_segment_is_reported(tmp_path: Path) -> None:
    fill(tmp_path)
    paths = sorted(tmp_path.glob("*.segment"))
    for lost in (paths[1], paths[0]):
        lost.unlink()
        with Journal(tmp_path) as journal:
            read = [sequence for sequence, _ in journal.read(0)]
            missing = [sequence for damage in journal.damaged for sequence in damage.lost]
            assert sorted(read + missing) == list(range(FORGOTTEN, 14))
            assert journal.first == (FORGOTTEN if paths[0].exists() else read[0])


def test_a_segment_lost_while_the_journal_is_open_is_reported(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=100) as journal:
        for at in range(3):
            journal.append([b"%d" % at * 60])
        sorted(tmp_path.glob("*.segment"))[1].unlink()
        assert [sequence for sequence, _ in journal.read(0)] == [0, 2]
        assert [damage.lost for damage in journal.damaged] == [range(1, 2)]


def test_a_lost_ledger_is_reported_and_the_identity_is_kept(tmp_path: Path) -> None:
    fill(tmp_path)
    with Journal(tmp_path) as journal:
        identity = journal.identity
    (tmp_path / "ledger").unlink()
    with Journal(tmp_path) as journal:
        assert journal.identity == identity
        assert [sequence for sequence, _ in journal.read(0)] == list(range(14))
        assert [damage.file for damage in journal.damaged] == ["ledger"]


def test_numbers_start_over_only_under_another_identity(tmp_path: Path) -> None:
    """All is forgotten, so the ledger alone knows how far the numbers had come; then it is damaged."""
    with Journal(tmp_path) as journal:
        journal.append([b"a"] * 5)
        journal.forget(5)
        identity = journal.identity
    data = bytearray((tmp_path / "ledger").read_bytes())
    data[-1] ^= 1
    (tmp_path / "ledger").write_bytes(data)
    with Journal(tmp_path) as journal:
        assert journal.damaged
        assert journal.end == 5 or journal.identity != identity
        identity = journal.identity
    with Journal(tmp_path) as journal:
        assert journal.identity == identity
        assert not journal.damaged


def test_lost_entries_that_a_mark_names_do_not_give_up_their_numbers(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append([b"a"] * 3)
        journal.append([b"b"] * 3)
        journal.mark(range(6), b"n")
    path = next(tmp_path.glob("*.segment"))
    os.truncate(path, FILE_HEADER_SIZE + 3 * 29)
    for _ in range(2):
        with Journal(tmp_path) as journal:
            assert journal.end == 6
            assert [sequence for sequence, _ in journal.read(0)] == [0, 1, 2]
            assert [damage.lost for damage in journal.damaged] == [range(3, 6)]
    with Journal(tmp_path) as journal:
        assert journal.append([b"c"]) == range(6, 7)


def test_damage_says_where_and_what() -> None:
    text = str(Damage("0.segment", 1234, 5678, range(3, 5)))
    assert text == "0.segment: 5,678 bytes at offset 1,234 cannot be read; lost: 3 to 4"


def test_places_are_remembered_once_and_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(damage_module, "PLACES_LIMIT", 3)
    damages = Damages()
    for offset in (1, 2, 3, 1, 4, 5):
        damages.add(Damage("f", offset, 1, range(0)))
    assert [damage.offset for damage in damages.places] == [1, 2, 3]
    assert damages.count == 5
