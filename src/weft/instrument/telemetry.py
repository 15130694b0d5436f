"""weft.init: one call that connects a process. It never raises and never waits for a backend."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from weft.context import propagators
from weft.export.counters import Counters
from weft.export.leaving import Leaving
from weft.export.limits import QueueLimits, SpoolLimits
from weft.export.otlp import destination
from weft.export.pending import PendingSpans
from weft.instrument.arrivals import ArrivalRecorder
from weft.instrument.conventions import choose_stable_conventions
from weft.instrument.libraries import catalogue
from weft.instrument.processes import settings
from weft.instrument.provider import provide, renamed
from weft.instrument.resource import resource
from weft.instrument.sender import sender
from weft.instrument.trust.boundary import Boundary
from weft.instrument.trust.policy import current as current_policy
from weft.instrument.trust.policy import enforce, policy
from weft.model import keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.util.types import AttributeValue

    from weft.export.processor import ExportProcessor
    from weft.instrument.trust.policy import Policy

FLUSH_S: Final = 5.0

_log = logging.getLogger("weft")
_lock = threading.Lock()
_current: Telemetry | None = None


def _renew_lock() -> None:
    """In a forked child the thread does not run that may have held it at the fork."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)


class Telemetry:
    """What ``weft.init`` set up.

    Args:
        processor: The export queue; None where nothing is sent.
        where: The ``endpoint``, ``protocol`` and ``headers`` that were asked for.
    """

    __slots__ = ("_ending", "_pid", "processor", "where")

    def __init__(self, processor: ExportProcessor | None, where: Sequence[object] = ()) -> None:
        self.processor = processor
        self.where = where
        self._ending: threading.Thread | None = None
        self._pid = os.getpid()

    def flush(self, timeout: float = FLUSH_S) -> bool:
        """Send the spans that have ended. True when the backend took them all within ``timeout`` seconds."""
        return self.processor is None or self.processor.flush(self._left_s(timeout))

    def drain(self, timeout: float = FLUSH_S) -> None:
        """Send the spans that have ended for as long as answers come; what is left then is on disk."""
        if self.processor is not None:
            self.processor.drain(self._left_s(timeout))

    def shutdown(self, timeout: float = FLUSH_S) -> None:
        """Send the spans that have ended and stop sending. Called at exit by itself.

        Takes at most ``timeout`` seconds, and about one where the backend does not answer.
        """
        if self.processor is not None:
            self.processor.shutdown(self._left_s(timeout))

    @property
    def counters(self) -> Counters:
        """What became of the spans of this process: sent, kept on disk, lost and why."""
        return Counters() if self.processor is None else self.processor.counters

    def send_to(self, processor: ExportProcessor | None) -> None:
        """Send the spans that end from now on elsewhere, and what has ended so far where it was to go."""
        provider = trace.get_tracer_provider()
        if processor is None or not isinstance(provider, TracerProvider):
            return
        before, self.processor = self.processor, processor
        provider.add_span_processor(processor)
        if before is not None:
            # A backend that does not answer is waited for at the end, and not where the program begins.
            self._ending = threading.Thread(target=before.shutdown, args=(FLUSH_S,), daemon=True)
            self._ending.start()

    def _left_s(self, timeout_s: float) -> float:
        """Wait until what ended before `send_to` is sent or on disk; returns what is left of the time."""
        if self._ending is None:
            return timeout_s
        begun_s = monotonic()
        self._ending.join(timeout_s)
        return max(0.0, timeout_s - (monotonic() - begun_s))

    def is_of_this_process(self) -> bool:
        """Whether this process set it up itself: not its parent before a fork, nor a pool for its worker."""
        return self._pid == os.getpid()

    def lend(self) -> None:
        """Count as the work of whoever started this process: its own ``weft.init`` may still name it."""
        self._pid = 0

    def take_over(self) -> None:
        """Count as this process's own from now on."""
        self._pid = os.getpid()


def init(
    service: str | None = None,
    *,
    version: str | None = None,
    endpoint: str | None = None,
    protocol: str | None = None,
    headers: Mapping[str, str] | None = None,
    resource_attributes: Mapping[str, AttributeValue] | None = None,
    instrument: bool | Iterable[str] = True,
    ingress: str | Mapping[str, str] | None = None,
    egress: str | Iterable[str] | None = None,
    baggage_keys: str | Iterable[str] | None = None,
    baggage_egress: str | Iterable[str] | None = None,
) -> Telemetry:
    """Trace this process: its own spans, and those of the libraries it uses, over OTLP to a backend.

    Arguments win over the standard OTEL_* variables, which win over the defaults. A setting that cannot be
    used costs one warning; telemetry goes on without it. OTEL_SDK_DISABLED=true switches everything off,
    OTEL_TRACES_EXPORTER=none the export. A second call changes nothing.

    What it may cost: while the backend is away, ended spans are kept on disk, in WEFT_SPOOL (by default
    ``~/.local/state/weft/spool``), at most 256 MiB (WEFT_SPOOL_MAX_BYTES) for 24 hours (WEFT_SPOOL_MAX_AGE),
    the oldest being the first to go; this process sends them when the backend is back, or the next one. With
    WEFT_SPOOL=off they wait in memory, at most 64 MiB of them. What is lost is counted, by reason, and said
    once a minute. Values longer than 1,048,576 characters are cut, unless OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT
    says otherwise, and so are the largest ones of a span that exceeds 4 MiB. At exit a backend that does not
    answer is waited for one second at most.

    Args:
        service: ``service.name``: what this process is called in every trace.
        version: ``service.version``.
        endpoint: The OTLP receiver's base URL; ``http://localhost:4318`` by default.
        protocol: ``http/protobuf`` (the default) or ``grpc`` (``pip install '.[grpc]'`` in a clone).
        headers: Headers for every export request, as for authentication.
        resource_attributes: More attributes of this process.
        instrument: True for all of the libraries Weft knows (``catalogue.LIBRARIES``), False for none, or
            their names, ``["httpx", "fastapi"]``. OTEL_PYTHON_DISABLED_INSTRUMENTATIONS takes away from them.
        ingress: Whose trace context is believed: ``trust`` (the default), ``link`` or ``restart``, for all
            or by door: ``{"/public": "restart", ":8443": "link"}``. WEFT_INGRESS.
        egress: Hosts outside this machine and private networks that get trace headers. WEFT_EGRESS.
        baggage_keys: The baggage that is taken in and handed on; all by default. WEFT_BAGGAGE_KEYS.
        baggage_egress: Hosts outside that get baggage. WEFT_BAGGAGE_EGRESS.

    Returns:
        A handle with ``flush``, ``shutdown`` and ``counters``.
    """
    global _current  # noqa: PLW0603 - one process has one telemetry, as OpenTelemetry's provider is global
    arguments = dict(locals())
    with _lock:
        if _current is not None:
            if _current.is_of_this_process():
                _log.warning("weft: init was called again; what the first call set up stays")
            else:
                try:
                    _take_over(_current, resource(service, version, resource_attributes), arguments)
                except Exception as error:  # noqa: BLE001 - the application starts, traced so or otherwise
                    _log.warning("weft: what weft.init says here is not used: %s", error)
            return _current
        settings.keep(arguments)
        try:
            process = resource(service, version, resource_attributes)
            named = str(process.attributes.get(keys.SERVICE_NAME, ""))
            _current = Telemetry(
                _processor(endpoint, protocol, headers, named), where=[endpoint, protocol, headers]
            )
            if not _is_set("OTEL_SDK_DISABLED", "true"):
                _connect(process, policy(ingress, egress, baggage_keys, baggage_egress))
                queue = [_current.processor] if _current.processor is not None else []
                provide(process, [ArrivalRecorder(), *queue])
                choose_stable_conventions()
                catalogue.instrument(instrument)
        except Exception as error:  # noqa: BLE001 - the application starts, traced or not
            _log.warning("weft: this process is not traced: %s", error)
            _current = Telemetry(None)
        atexit.register(_current.shutdown)
        if _current.processor is not None:
            Leaving(_current.drain).watch()
        return _current


def is_set_up() -> bool:
    """Whether there is telemetry in this process, be it what its parent set up."""
    return _current is not None


def flush(timeout: float = FLUSH_S) -> bool:
    """Send the spans that have ended so far; call it where a process may end without notice.

    Args:
        timeout: Seconds to wait at most.

    Returns:
        True when the backend has taken all of them, or ``weft.init`` was not called.
    """
    return _current is None or _current.flush(timeout)


def _take_over(telemetry: Telemetry, process: Resource, arguments: Mapping[str, Any]) -> None:
    """Where telemetry was there before the program called ``weft.init``: what the program says wins.

    So it is in a worker process, which came with the telemetry of its parent (agents that are started as
    processes of one program each have a name of their own), and under ``weft run``. What the program does not
    say stays, and so do the libraries that are instrumented.
    """
    telemetry.take_over()

    def given(*names: str) -> list[Any]:
        values = [arguments[name] for name in names]
        return values if any(value is not None for value in values) else []

    if given("service"):
        renamed(process)
    where = given("endpoint", "protocol", "headers")
    if where and where != telemetry.where:
        endpoint, protocol, headers = telemetry.where = where
        named = str(process.attributes.get(keys.SERVICE_NAME, ""))
        telemetry.send_to(_processor(endpoint, protocol, headers, named))
    rules = given("ingress", "egress", "baggage_keys", "baggage_egress")
    if rules or given("service"):
        _connect(process, policy(*rules) if rules else current_policy())


def _connect(process: Resource, rules: Policy) -> None:
    """Have every instrumentation of this process read and write contexts by our rules."""
    enforce(rules)
    service = str(process.attributes.get(keys.SERVICE_NAME, ""))
    propagators.use(Boundary(propagators.configured(sender(service), rules.baggage_keys)))


def _processor(
    endpoint: str | None, protocol: str | None, headers: Mapping[str, str] | None, service: str
) -> ExportProcessor | None:
    """The export queue, or None where the environment wants no export."""
    if _is_set("OTEL_SDK_DISABLED", "true") or _is_set("OTEL_TRACES_EXPORTER", "none"):
        return None
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    if exporter != "otlp":
        _log.warning("weft: OTEL_TRACES_EXPORTER is %r; Weft exports OTLP, and does so", exporter)
    where = destination(endpoint, protocol, headers)
    try:
        # Protobuf comes with it: 0.1 s that a process without export does not pay.
        from weft.export.processor import ExportProcessor  # noqa: PLC0415

        processor = ExportProcessor(
            where,
            service=service,
            limits=QueueLimits.from_environment(),
            spool=SpoolLimits.from_environment(),
        )
        processor.announcer = PendingSpans.from_environment()
    except Exception as error:  # noqa: BLE001 - a certificate that is not there, a package that does not load
        _log.warning("weft: spans are not sent: no connection to %s could be made: %s", where, error)
        return None
    return processor


def _is_set(variable: str, value: str) -> bool:
    return os.environ.get(variable, "").strip().lower() == value
