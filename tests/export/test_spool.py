"""Requests on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.export.body import Body
from weft.export.limits import SpoolLimits
from weft.export.otlp import destination
from weft.export.spool import Spool
from weft.export.spools import Spools
from weft.journal import JournalLocked

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1 << 20


class Losses:
    """What was given up, and why."""

    def __init__(self) -> None:
        self.spans: Counter[str] = Counter()

    def __call__(self, spans: int, reason: str) -> None:
        self.spans[reason] += spans


@pytest.fixture
def losses() -> Losses:
    return Losses()


@pytest.fixture
def make(tmp_path: Path, losses: Losses) -> Callable[..., Spools]:
    def spools(
        service: str = "a", max_bytes: int = 64 * MIB, url: str = "http://a:1", max_age_s: float = 3600
    ) -> Spools:
        return Spools(SpoolLimits(tmp_path, max_bytes, max_age_s), destination(url), service, losses)

    return spools


def body(text: str, spans: int = 1) -> Body:
    return Body(text.encode(), spans, 0.0)


def texts(spool: Spool) -> list[str]:
    return [kept.data.decode() for kept in spool.head(1 << 30)]


def test_requests_come_back_in_order_with_their_spans(make: Callable[..., Spools]) -> None:
    spool = make().own()
    spool.append([body("one", 3), body("two", 4)])
    spool.append([body("three", 5)])
    assert [(kept.data, kept.spans) for kept in spool.head(1 << 30)] == [
        (b"one", 3), (b"two", 4), (b"three", 5)
    ]  # fmt: skip
    first, second = spool.head(6)
    assert (first.data, second.data) == (b"one", b"two")
    spool.forget(first.sequence, first.spans)
    assert spool.spans == 9
    assert texts(spool) == ["two", "three"]
    assert spool.entries == 2


def test_the_head_has_at_least_one_request(make: Callable[..., Spools]) -> None:
    spool = make().own()
    spool.append([body("x" * 1000), body("y")])
    assert texts(spool)[0] == "x" * 1000
    assert len(spool.head(1)) == 1


def test_an_empty_spool_leaves_no_directory(make: Callable[..., Spools]) -> None:
    spools = make()
    spool = spools.own()
    spool.append([body("one")])
    spool.forget(spool.head(1)[0].sequence, 1)
    assert spool.empty
    spool.close()
    assert list(spools.directory.iterdir()) == []


def test_a_full_spool_drops_the_oldest_and_counts_them(make: Callable[..., Spools], losses: Losses) -> None:
    spool = make(max_bytes=MIB).own()
    for number in range(100):
        spool.append([body(f"{number:03}" + "x" * 50_000, spans=2)])
    kept = [int(text[:3]) for text in texts(spool)]
    assert kept == list(range(100 - len(kept), 100))
    assert 15 <= len(kept) <= 20
    assert losses.spans == {"spool full": 2 * (100 - len(kept))}
    assert spool.size_bytes <= MIB


def test_a_request_larger_than_the_spool_is_given_up(make: Callable[..., Spools], losses: Losses) -> None:
    spool = make(max_bytes=MIB).own()
    spool.append([body("before")])
    huge = body("x" * 4 * MIB, spans=7)
    spool.append([huge])
    assert huge.done
    assert losses.spans["spool full"] == 7 + 1
    spool.append([body("after")])
    assert texts(spool) == ["after"]


def test_what_is_too_old_goes(make: Callable[..., Spools], losses: Losses) -> None:
    spool = make().own()
    spool.append([body("old", 2), body("old too", 3)])
    spool.expire(3600)
    assert len(texts(spool)) == 2
    spool.expire(0)
    assert spool.empty
    assert losses.spans == {"too old": 5}


def test_a_directory_tells_nothing_of_the_headers(tmp_path: Path, losses: Losses) -> None:
    limits = SpoolLimits(tmp_path)
    plain = Spools(limits, destination("http://user:secret@a:1"), "a", losses)
    tokens = [
        Spools(limits, destination("http://a:1", headers={"authorization": token}), "a", losses)
        for token in ("secret-1", "secret-2")
    ]
    assert len({each.directory for each in (plain, *tokens)}) == 3
    for each in (plain, *tokens):
        each.own().append([body("one")])
    found = subprocess.run(["grep", "-r", "secret", str(tmp_path)], capture_output=True, check=False)
    assert found.stdout == b""
    assert not [path for path in tmp_path.rglob("*") if "secret" in str(path)]
    assert {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*-*") if path.is_dir()} == {0}


@pytest.mark.parametrize("service", ["../../up", "a/b", "", "x" * 500, "ü\0", "."])
def test_any_service_has_a_directory_below_its_destination(service: str, make: Callable[..., Spools]) -> None:
    spools = make(service)
    spool = spools.own()
    spool.append([body("one")])
    assert spool.directory.parent == spools.directory
    spool._journal.close()
    adopted = spools.adopt(same_service=True)
    assert adopted is not None


def test_a_spool_in_use_is_nobody_elses(make: Callable[..., Spools]) -> None:
    spool = make().own()
    spool.append([body("one")])
    assert make().adopt(same_service=False) is None
    with pytest.raises(JournalLocked):
        Spool(spool.directory, MIB, Losses())


WRITER = """
import os, signal, sys
from pathlib import Path
from weft.export.body import Body
from weft.export.spool import Spool
spool = Spool(Path(sys.argv[1]), 1 << 20, print)
spool.append([Body(b"left behind", 3, 0.0)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_spool_of_a_killed_process_is_taken_up(make: Callable[..., Spools]) -> None:
    mine, other = make("mine"), make("other")
    path = mine.directory / "mine-0001"
    subprocess.run([sys.executable, "-c", WRITER, str(path)], check=False)
    assert other.adopt(same_service=True) is None
    spool = other.adopt(same_service=False)
    assert spool is not None
    assert texts(spool) == ["left behind"]
    assert mine.adopt(same_service=True) is None
    spool.close()
    again = mine.adopt(same_service=True)
    assert again is not None
    again.forget(again.head(1)[0].sequence, 1)
    again.close()
    assert not path.exists()


def test_the_oldest_is_taken_up_first(make: Callable[..., Spools]) -> None:
    for name, age_s in (("a-0002", 100), ("a-0001", 50), ("a-0003", 200)):
        path = make().directory / name
        spool = Spool(path, MIB, Losses())
        spool.append([body(name)])
        spool._journal.close()
        for file in path.iterdir():
            os.utime(file, (time.time() - age_s,) * 2)
    taken = []
    while (found := make().adopt(same_service=True)) is not None:
        taken.append(texts(found)[0])
        found.forget(found.head(1)[0].sequence, 1)
        found.close()
    assert taken == ["a-0003", "a-0002", "a-0001"]


def test_the_limit_holds_for_all_spools_of_a_destination(make: Callable[..., Spools], losses: Losses) -> None:
    spools = make(max_bytes=8 * MIB)
    orphans = []
    for number in range(3):
        orphan = spools.own()
        orphan.append([body(str(number) + "x" * 2 * MIB)])
        orphan._journal.close()
        orphans.append(orphan.directory)
        for file in orphan.directory.iterdir():
            os.utime(file, (time.time() - 100 + number,) * 2)
    living = spools.own()
    living.append([body("x" * MIB)])
    own = spools.own()
    assert spools.may_hold(own) == pytest.approx(MIB, abs=100_000)
    own.append([body("x" * (3 * MIB - 50_000))])
    assert spools.may_hold(own) == pytest.approx(3 * MIB, abs=100_000)
    assert [path.exists() for path in orphans] == [False, True, True]
    assert losses.spans == {"spool full": 1}


def test_what_others_hold_never_takes_all(make: Callable[..., Spools]) -> None:
    spools = make(max_bytes=2 * MIB)
    living = [spools.own() for _ in range(2)]
    for each in living:
        each.append([body("x" * (MIB - 10_000))])
    assert spools.may_hold(spools.own()) == 2 * MIB // 16


def test_old_spools_of_other_destinations_are_swept(make: Callable[..., Spools]) -> None:
    other, mine = make(url="http://other:1"), make(max_age_s=60)
    for name in ("a-old", "a-new", "a-used"):
        spool = Spool(other.directory / name, MIB, Losses())
        spool.append([body(name)])
        if name != "a-used":
            spool._journal.close()
        if name != "a-new":
            for file in spool.directory.iterdir():
                os.utime(file, (time.time() - 100,) * 2)
    mine.sweep()
    assert sorted(path.name for path in other.directory.iterdir()) == ["a-new", "a-used"]


def test_damage_costs_what_is_damaged(make: Callable[..., Spools], losses: Losses) -> None:
    spools = make()
    spool = spools.own()
    spool.append([body("first"), body("second")])
    spool._journal.close()
    (segment,) = spool.directory.glob("*.segment")
    content = segment.read_bytes()
    segment.write_bytes(content.replace(b"first", b"fi?st").replace(b"second", b"sec?nd"))
    again = spools.adopt(same_service=True)
    assert again is not None
    assert again.head(100) == []
    assert again.empty
    assert losses.spans == {"disk damaged": 2}


def test_of_what_it_wrote_itself_the_spans_are_counted_when_they_cannot_be_read(
    make: Callable[..., Spools], losses: Losses
) -> None:
    spool = make().own()
    spool.append([body("one", 3), body("two", 4)])
    shutil.rmtree(spool.directory)
    assert spool.head(100) == []
    assert spool.empty
    assert spool.spans == 0
    assert losses.spans == {"disk damaged": 7}
    spool.abandon()
    assert losses.spans == {"disk damaged": 7}


def test_what_is_appended_while_an_empty_spool_is_read_is_not_taken_for_damage(
    make: Callable[..., Spools], losses: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = make().own()
    read = spool._journal.read

    def reading(start: int) -> list[tuple[int, bytes]]:
        found = list(read(start))
        spool.append([body("just then")])
        return found

    with monkeypatch.context() as patch:
        patch.setattr(spool._journal, "read", reading)
        assert spool.head(100) == []
        spool.expire(3600)
    assert texts(spool) == ["just then"] * 2
    assert losses.spans == {}


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path, losses: Losses) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    spools = Spools(SpoolLimits(blocked), destination(), "a", losses)
    with pytest.raises(OSError, match="file"):
        spools.own()
    assert spools.adopt(same_service=False) is None
    spools.sweep()


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(["append", "forget", "reopen"]), st.integers(0, 200_000)), max_size=40)
)
def test_whatever_is_written_and_forgotten_order_and_count_hold(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    directory, losses = tmp_path_factory.mktemp("spool") / "a-1", Losses()
    spool = Spool(directory, MIB, losses)
    written = forgotten = 0
    for step, size in steps:
        if step == "append":
            spool.append([body(f"{written:05}" + "x" * size)])
            written += 1
        elif step == "forget" and (kept := spool.head(size)):
            spool.forget(kept[-1].sequence, len(kept))
            forgotten += len(kept)
        elif step == "reopen":
            spool._journal.close()
            spool = Spool(directory, MIB, losses)
    left = [int(text[:5]) for text in texts(spool)]
    assert left == list(range(written - len(left), written))
    assert written == forgotten + losses.spans["spool full"] + len(left)
    spool._journal.close()
