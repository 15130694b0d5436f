"""OpenTelemetry's Django middleware, corrected. Imported by Django, by its name in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from opentelemetry.instrumentation.django.middleware import otel_middleware

from weft.instrument.libraries.answer import Answer, HeldSpan, answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


_Base: Any = otel_middleware._DjangoMiddleware  # without types


class Middleware(_Base):  # type: ignore[misc]
    """The span of a request, in the loop where the application is asynchronous, and as long as its answer.

    OpenTelemetry's is synchronous only: under ASGI, Django runs it in a thread, and a loop of its own below
    it for every asynchronous view.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        """Handle a request."""
        if iscoroutinefunction(self):
            return self._handle(request)
        return super().__call__(request)

    async def _handle(self, request: Any) -> Any:
        self.process_request(request)
        try:
            handled: Awaitable[Any] = self.get_response(request)
            response = await handled
        except (
            BaseException
        ) as error:  # the client is gone: Django cancels, and no response will end the span
            activation = request.META.pop(self._environ_activation_key, None)
            if activation is not None:
                activation.__exit__(type(error), error, error.__traceback__)
            raise
        return self.process_response(request, response)

    def process_response(self, request: Any, response: Any) -> Any:
        """Finish a request; one whose answer is streamed is finished by its stream."""
        span = request.META.get(self._environ_span_key)
        if not getattr(response, "streaming", False) or span is None or not span.is_recording():
            return super().process_response(request, response)
        held = HeldSpan(span)
        response = super().process_response(request, response)
        body = response.streaming_content
        response.streaming_content = answer(body, held) if response.is_async else Answer(body, held)
        # Called by close(), also where nothing of the stream was read.
        response._resource_closers.append(held.release)
        return response
