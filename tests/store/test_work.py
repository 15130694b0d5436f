"""What spans say of AI work is in columns, also of a directory that was made before there were any."""

from pathlib import Path
from shutil import copy
from typing import Any, Final

import pytest
from tests.decode.dialects.speaking import work_of
from tests.sent import Sent

from weft.decode.request import decode
from weft.model.work import NO_WORK, Tokens, Work
from weft.store import sql
from weft.store import store as store_module
from weft.store.commit import Commit, Committer
from weft.store.store import Store

NEW_YEAR: Final = 1_704_067_200
CHAT: Final = {
    "gen_ai.operation.name": "chat",
    "gen_ai.agent.name": "writer",
    "gen_ai.provider.name": "openai",
    "gen_ai.response.model": "gpt-4o",
    "gen_ai.conversation.id": "c-1",
    "gen_ai.workflow.name": "report",
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 3,
    "gen_ai.usage.cost": 0.25,
}
SAID: Final = Work(
    agent="writer",
    operation="chat",
    provider="openai",
    model="gpt-4o",
    conversation="c-1",
    workflow="report",
    tokens=Tokens(12, 3),
    cost=0.25,
)


class NoJournal:
    """A stand-in: these tests commit rows that no journal holds."""

    identity = "0" * 32
    damaged = ()


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of the time before these columns, with a span and an announcement in it."""
    scripts = tmp_path / "sql"
    scripts.mkdir()
    for script in Path(next(iter(sql.__path__))).glob("[1-6]_*.sql"):
        copy(script, scripts)
    with monkeypatch.context() as then:
        then.setattr(store_module, "files", lambda package: scripts)
        store = Store(tmp_path / "store")
        columns = store.read("SELECT * FROM spans").column_names
        announced = store.read("SELECT * FROM pending").column_names
        commit(
            store,
            1,
            Sent(name="ended", tags=CHAT),
            Sent(name="open", open_ns=5, tags=CHAT),
            only=(columns, announced),
        )
        store.close()
    assert "agent" not in columns
    return tmp_path / "store"


def commit(store: Store, number: int, *spans: Sent, only: tuple[list[str], list[str]] | None = None) -> None:
    """Commit spans; of the tables `spans` and `pending` no more than some columns."""
    committer = Committer(NoJournal(), store, decode, Path("nowhere"))  # type: ignore[arg-type]
    made = Commit(number, number, NEW_YEAR)
    made.add(decode([span.request().SerializeToString() for span in spans]), number + 1)
    for table, columns in zip(("spans", "pending"), only or (), strict=False):
        made.slices[table] = [
            rows.select([name for name in rows.column_names if name in columns])
            for rows in made.slices[table]
        ]
    committer._insert(made)


def said(store: Store, table: str) -> dict[str, Work]:
    rows: list[dict[str, Any]] = store.read(f"SELECT * FROM {table} FINAL").to_pylist()
    return {row["name"]: work_of(row) for row in rows}


def test_what_a_span_says_comes_back_from_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    commit(
        store, 1, Sent(name="chat", tags=CHAT), Sent(name="other"), Sent(name="open", open_ns=5, tags=CHAT)
    )
    assert said(store, "spans") == {"chat": SAID, "other": NO_WORK}
    assert said(store, "pending") == {"open": SAID}
    store.close()


def test_a_cost_that_nobody_said_is_not_counted(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    commit(store, 1, *(Sent(tags=tags) for tags in (CHAT, CHAT, {}, {"gen_ai.usage.cost": 0.0})))
    [row] = store.read("SELECT sum(cost) AS dollars, count(cost) AS spans FROM spans").to_pylist()
    assert row == {"dollars": 0.5, "spans": 3}
    store.close()


def test_a_directory_from_before_is_given_the_columns(old: Path) -> None:
    for attempt in range(2):  # the second time they are there
        store = Store(old)
        commit(store, 10 + attempt, Sent(name=f"chat {attempt}", tags=CHAT))
        assert said(store, "spans")["ended"] == NO_WORK
        assert said(store, "spans")[f"chat {attempt}"] == SAID
        assert said(store, "pending") == {"open": NO_WORK}
        store.close()


def test_the_collectors_view_of_a_directory_from_before_still_reads(old: Path) -> None:
    store = Store(old)
    commit(store, 2, Sent(name="chat", tags=CHAT))
    rows = store.read("SELECT * FROM otel_traces ORDER BY SpanName")
    assert rows.column("SpanName").to_pylist() == ["chat", "ended"]
    assert "agent" not in rows.column_names
    store.close()
