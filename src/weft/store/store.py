"""The columnar store: ClickHouse SQL, embedded in this process.

The connection never leaves this module; the rest of Weft has verbs.
"""

import queue
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from weft.store.errors import ReadTimedOut, StoreError, StoreUnavailable

#: Everything that is partitioned by day of receipt.
TABLES: Final = ("events", "links", "payloads", "pending", "spans", "trace_facts")
#: Reads at the same time; each has a connection of its own, so that none waits for a commit.
READERS: Final = 4
READ_LIMIT_S: Final = 20
READ_LIMIT_BYTES: Final = 1 << 30

_INSERT_SETTINGS: Final = {"optimize_on_insert": 0, "max_insert_threads": 1}
_READ_SETTINGS: Final = {"max_execution_time": READ_LIMIT_S, "max_memory_usage": READ_LIMIT_BYTES}
# Rows of the table `pending` whose spans the table `spans` has.
_ENDED: Final = (
    "(trace_id, span_id, service) IN"
    " (SELECT trace_id, span_id, service FROM spans WHERE trace_id IN (SELECT trace_id FROM pending))"
)
_TIMED_OUT: Final = 159
# Memory, files, disk space: not the fault of what was inserted.
_UNAVAILABLE: Final = frozenset({33, 74, 75, 76, 87, 88, 172, 202, 241, 243, 252})


class Store:
    """One data directory's tables.

    Raises:
        StoreError: The directory cannot be opened, or a statement failed.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = str(directory.resolve())
        if "?" in self._directory:  # the engine takes what follows for options
            raise StoreError(f"{self._directory} has a question mark in its name; choose another directory")
        self._writer = self._connect()
        scripts = [file for file in files("weft.store.sql").iterdir() if file.name.endswith(".sql")]
        for script in sorted(scripts, key=lambda file: int(file.name.partition("_")[0])):
            self._run(self._writer, script.read_text())
        self._idle: queue.LifoQueue[Client | None] = queue.LifoQueue()
        for _ in range(READERS):
            self._idle.put(None)  # connected when first needed

    def insert(self, table: str, rows: pa.Table, token: str) -> None:
        """Commit rows to a table; they are on disk when this returns.

        Args:
            table: Its name.
            rows: Columns by the names of the table.
            token: Identifies the commit: the same token twice is one commit.

        Raises:
            StoreUnavailable: The store cannot take anything now.
            StoreError: The store refused these rows.
        """
        settings = _INSERT_SETTINGS | {"insert_deduplication_token": token}
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_table(rows)
        with _translated(f"insert {len(rows)} rows into {table}"):
            self._writer.raw_insert(
                table, rows.column_names, pa.BufferReader(sink.getvalue()), settings, fmt="ArrowStream"
            )

    def read(self, statement: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """Run one SELECT.

        Args:
            statement: SQL with `{name:Type}` parameters; nothing untrusted is ever part of its text.
            parameters: Their values.

        Raises:
            ReadTimedOut: It took longer than `READ_LIMIT_S`.
            StoreError: It failed.
        """
        client = self._idle.get()
        try:
            client = client or self._connect()
            with _translated("read"):
                return client.query_arrow(
                    statement, parameters=dict(parameters or {}), settings=_READ_SETTINGS
                )
        finally:
            self._idle.put(client)

    def days(self) -> list[str]:
        """The days of receipt that hold data, as `YYYY-MM-DD`, oldest first."""
        partitions = self.read(
            "SELECT DISTINCT partition FROM system.parts"
            " WHERE database = currentDatabase() AND active AND table IN {tables:Array(String)}"
            " ORDER BY partition",
            {"tables": list(TABLES)},
        )
        return [str(day) for day in partitions.column("partition").to_pylist()]

    def drop_days(self, days: Sequence[str]) -> None:
        """Delete everything that was received on these days and free its disk space."""
        for day in days:
            for table in TABLES:
                self._run(self._writer, f"ALTER TABLE {table} DROP PARTITION {{day:String}}", {"day": day})

    def forget_announced(self) -> int:
        """Have the announcements of spans that have ended deleted, by and by.

        One that arrives late, or a commit that is made again after a crash, may bring some back: they are
        hidden, and found the next time.

        Returns:
            How many there were.
        """
        found = self.read(f"SELECT count() AS number FROM pending WHERE {_ENDED}")  # noqa: S608 - a constant
        number: int = found.column("number")[0].as_py()
        if number:
            self._run(self._writer, f"ALTER TABLE pending DELETE WHERE {_ENDED}")
        return number

    def close(self) -> None:
        """Close all connections; waits for reads that are under way."""
        for _ in range(READERS):
            client = self._idle.get()
            if client:
                client.close()
        self._writer.close()

    def _connect(self) -> Client:
        with _translated(f"open {self._directory}"):
            return clickhouse_connect.get_client(interface="chdb", path=self._directory)

    @staticmethod
    def _run(client: Client, statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        with _translated(statement.splitlines()[0]):
            client.command(statement, parameters=dict(parameters or {}))


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    """Turn the driver's errors into ours: the only place that knows its codes."""
    try:
        yield
    except ClickHouseError as error:
        code = getattr(error, "code", None)
        message = f"{doing}: {error}"
        if code == _TIMED_OUT:
            raise ReadTimedOut(message) from error
        raise (StoreUnavailable if code in _UNAVAILABLE else StoreError)(message) from error
    except OSError as error:
        raise StoreUnavailable(f"{doing}: {error}") from error
