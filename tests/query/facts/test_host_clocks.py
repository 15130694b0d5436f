"""Clocks of hosts: learned while facts are computed, kept, and learned again by the next process."""

import pyarrow as pa
import pytest
from tests.query.facts.looking import keep, looking
from tests.query.house import House
from tests.sent import Sent

from weft.analyse.clocks.clocks import NO_CLOCKS, Clocks
from weft.query.facts.host_clocks import HostClocks, kept
from weft.query.facts.reading import Reader
from weft.query.silence import Silence

MS = 1_000_000
AHEAD = 40 * MS  # the clock of host b


def call(house: House, at: int) -> None:
    """A call from host a to host b that takes 10 ms there, and 1 ms each way."""
    client = Sent("caller", kind=3, at=at, duration=12 * MS, resource={"host.name": "a"})
    house.send(
        client,
        Sent(
            "callee",
            trace=client.trace,
            parent=client.span,
            kind=2,
            at=at + MS + AHEAD,
            duration=10 * MS,
            resource={"host.name": "b"},
        ),
    )


def clocks_after(house: House) -> Clocks:
    store = house.pipeline.store
    learning = HostClocks(store, Reader(store, Silence()))
    learning.prepare([])
    return learning.now()


def test_clocks_are_learned_and_used_and_kept(house: House) -> None:
    for number in range(20):
        call(house, number * 1000 * MS)
    keep(house, looking(house))
    learned = house.ask.clocks()
    [offset] = {window.offset_ns for window in learned.windows() if window.from_host == "a"}
    assert offset == pytest.approx(AHEAD, abs=MS)
    [edge] = house.pipeline.store.read("SELECT DISTINCT work_ns, from_agent FROM hand_off_facts").to_pylist()
    assert edge["work_ns"] == 10 * MS
    waits = house.pipeline.store.read("SELECT max(network_high_ns) AS most FROM hand_off_facts").to_pylist()
    assert waits[0]["most"] <= 4 * MS  # and not the 41 that the clocks say


def test_the_next_process_learns_from_the_newest_traces_first(house: House) -> None:
    for number in range(20):
        call(house, number * 1000 * MS)
    keep(house, looking(house))
    again = clocks_after(house)
    assert {window.offset_ns for window in again.windows()} == {
        window.offset_ns for window in house.ask.clocks().windows()
    }


def test_what_is_known_is_renewed_now_and_then(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    store = house.pipeline.store
    reader = Reader(store, Silence())
    learning = HostClocks(store, reader)
    learning.prepare([])
    assert learning.now() is NO_CLOCKS
    call(house, 0)
    for trace in reader.traces([trace.trace_id for trace in looking(house).next()]):
        learning.add(trace)
    assert learning.now() is NO_CLOCKS
    monkeypatch.setattr(learning, "_renew_s", 0.0)
    assert learning.now().hosts.keys() == {"a", "b"}


def test_what_cannot_be_read_any_more_is_as_good_as_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert kept(pa.table({"state": ['{"hosts": 7}']})) is NO_CLOCKS
    assert "learned again" in caplog.text
    assert kept(pa.table({"state": pa.array([], pa.string())})) is NO_CLOCKS
