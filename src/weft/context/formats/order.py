"""All formats, in the order in which they are believed when a carrier names several parents.

What the calling program wrote comes first: that is the hop. Amazon's and Google's headers are last, since
load balancers and gateways add them to requests that have others, with ids of traces of their own
(opentelemetry-cpp-contrib#219). ``b3`` outdoes ``x-b3-*`` (openzipkin/b3-propagation, Http Encodings).
Datadog and Sentry come after the open formats, because their tracers often run beside another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from weft.context.formats import b3, datadog, google, jaeger, ottrace, sentry, xray

if TYPE_CHECKING:
    from weft.context.formats.format import Format

FORMATS: Final[tuple[Format, ...]] = (
    b3.SINGLE,
    b3.MULTI,
    jaeger.FORMAT,
    ottrace.FORMAT,
    datadog.FORMAT,
    sentry.FORMAT,
    xray.FORMAT,
    google.FORMAT,
)
