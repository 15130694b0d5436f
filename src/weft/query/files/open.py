"""Traces from files of any of the formats, in any mixture."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Self

from weft.decode.dialects.read import read as read_work
from weft.model.jaeger import read_trace
from weft.model.shape import ShapeError
from weft.model.trace import Trace
from weft.query.files.contents import contents
from weft.query.files.gathered import Gathered
from weft.query.files.jaeger import JaegerTrace
from weft.query.files.sources import STDIN, Sources
from weft.query.files.stream import Stream
from weft.query.files.unreadable import Unreadable


def read_files(paths: Sequence[str], complain: Callable[[Unreadable], None] | None = None) -> Iterator[Trace]:
    """Read the traces of files: Jaeger's JSON, OTLP JSON, OTLP protobuf, with gzip, zstd or neither.

    Args:
        paths: The files; `-` is stdin.
        complain: Told of what could not be read; the rest is read all the same.

    Raises:
        Unreadable: Something could not be read, and there is nobody to tell.
    """
    with TraceFiles(paths, complain) as files:
        yield from files


class TraceFiles:
    """Traces in files, to be gone through as often as needed. A context manager: it may hold a copy of stdin.

    Spans of one trace are brought together wherever they stand. Jaeger's traces are read again each time that
    they are gone through, so that a file of one a line may be of any length. OTLP says nothing about
    where a trace ends: all of it is held in memory as columns (see `gathered`).

    Args:
        paths: The files; `-` is stdin.
        complain: Told once of each thing that could not be read.
    """

    def __init__(self, paths: Sequence[str], complain: Callable[[Unreadable], None] | None = None) -> None:
        self._paths = list(dict.fromkeys(paths))
        self._complain = complain
        self._told: set[str] = set()
        self._sources = Sources()
        self._gathered = Gathered()
        self._parts: Counter[str] = Counter()  # of each of Jaeger's traces
        self._with_jaeger: list[str] = []

    def __enter__(self) -> Self:
        """Go through the files for the first time.

        Raises:
            Unreadable: Something could not be read, and there is nobody to tell.
        """
        try:
            self._with_jaeger = [path for path in self._paths if self._survey(path)]
            self._gathered.finish()
        except BaseException:
            self._sources.close_all()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._sources.close_all()

    def __iter__(self) -> Iterator[Trace]:
        """Give Jaeger's traces in the order in which they were complete, then those of OTLP.

        Raises:
            Unreadable: Something could not be read, and there is nobody to tell.
        """
        waiting: dict[str, list[Trace]] = {}
        for path in self._with_jaeger:
            for trace in self._jaeger(path):
                parts = waiting.setdefault(trace.trace_id, [])
                parts.append(trace)
                if len(parts) >= self._parts[trace.trace_id]:
                    yield self._whole(waiting.pop(trace.trace_id))
        for parts in waiting.values():  # some could not be read, or a file has changed
            yield self._whole(parts)
        yield from self._gathered.traces(without=self._parts)

    def _survey(self, path: str) -> bool:
        """Go through a file for the first time; tell whether there are traces of Jaeger's in it."""
        found = False
        with self._open(path) as stream:
            for item in contents(stream, partial(self._tell, path)) if stream else ():
                if isinstance(item, JaegerTrace):
                    found = True
                    self._parts[item.trace_id or ""] += 1
                else:
                    for place, body in item.bodies(partial(self._tell, path)):
                        self._gathered.add(place, body, partial(self._tell, path))
        return found

    def _jaeger(self, path: str) -> Iterator[Trace]:
        with self._open(path) as stream:
            for item in contents(stream, partial(self._tell, path)) if stream else ():
                if isinstance(item, JaegerTrace):
                    try:
                        yield read_trace(item.value, read_work)
                    except ShapeError as error:
                        self._tell(path, item.place, str(error))

    def _whole(self, parts: list[Trace]) -> Trace:
        """Put the parts of one trace together, with what OTLP says of it."""
        more = self._gathered.spans_of(parts[0].trace_id)
        if len(parts) == 1 and not more:
            return parts[0]
        spans = [span for part in parts for span in part.spans]
        return Trace(parts[0].trace_id, spans + more, [each for part in parts for each in part.warnings])

    @contextmanager
    def _open(self, path: str) -> Iterator[Stream | None]:
        """Open a file at its start; None, and a complaint, when it cannot be opened."""
        try:
            raw = self._sources.open(path)
        except OSError as error:
            self._tell(path, "", _reason(path, error))
            yield None
            return
        stream = Stream(raw)
        try:
            yield stream
        finally:
            self._sources.close(raw)
        if stream.damage:
            self._tell(path, "", stream.damage)

    def _tell(self, path: str, place: str, cause: str) -> None:
        told = Unreadable("stdin" if path == STDIN else path, place, cause)
        if str(told) in self._told:
            return
        self._told.add(str(told))
        if self._complain is None:
            raise told
        self._complain(told)


def _reason(path: str, error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return f"it is a directory; name the files in it: {path.rstrip('/')}/*"
    return (error.strerror or str(error)).lower()
