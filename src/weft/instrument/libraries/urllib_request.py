"""urllib of the standard library: a span for every request that an opener sends.

OpenTelemetry has one span for a whole ``OpenerDirector.open``; the redirected requests, also those to other
hosts, have the first one's headers; an opener's default timeout is lost (measured, contrib 0.66b1). Every
request passes through ``AbstractHTTPHandler.do_open``. It is sent as a copy: nothing that is written there is
redirected.
"""

from __future__ import annotations

import copy
from collections.abc import Sized
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import wrapt
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled

from weft.instrument.libraries import outgoing
from weft.instrument.trust.egress import going_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


class Opening:
    """What the instrumentation takes for an ``OpenerDirector``, and puts its own ``open`` around."""

    def __init__(self, send: Callable[[], Any]) -> None:
        self._send = send

    def open(self, *_: Any, **__: Any) -> Any:
        """Send the request."""
        return self._send()


class Asked:
    """What the instrumentation reads of a request, and the headers that it writes into."""

    def __init__(self, request: Any) -> None:
        self.full_url = request.full_url
        self.get_method = request.get_method
        self.headers = request.headers
        self.data = request.data if isinstance(request.data, Sized) else None  # it asks for the length


def urllib(module: ModuleType) -> None:
    """Instrument ``urllib.request``."""
    instrumentation: Any = import_module("opentelemetry.instrumentation.urllib")
    instrumentor = instrumentation.URLLibInstrumentor()
    if instrumentor.is_instrumented_by_opentelemetry:
        return
    instrumentation.OpenerDirector = Opening
    instrumentor.instrument()
    wrapt.wrap_function_wrapper(module, "AbstractHTTPHandler.do_open", _do_open)


def _do_open(do_open: Callable[..., Any], _: Any, args: Any, kwargs: Any) -> Any:
    """One request: ``do_open(http_class, request, **connection_arguments)``."""
    if not is_http_instrumentation_enabled() or len(args) < 2:
        return do_open(*args, **kwargs)
    request = copy.copy(args[1])
    request.headers, request.unredirected_hdrs = dict(request.headers), dict(request.unredirected_hdrs)
    host, port = outgoing.destination_of(request.full_url)
    resends = sum(getattr(request, "redirect_dict", {}).values())

    with going_to(host, port) as destination:

        def send() -> Any:
            outgoing.describe(host, port, resends)
            destination.strip(request.headers)
            destination.strip(request.unredirected_hdrs)
            return do_open(args[0], request, *args[2:], **kwargs)

        attempt = outgoing.Attempt(send, partial(do_open, *args, **kwargs))
        return attempt.through(lambda once: Opening(once).open(Asked(request)))
