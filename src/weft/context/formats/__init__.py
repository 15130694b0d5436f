"""Propagation formats other than W3C's: pure readers and writers, one file each.

========== ================================================== ================= ===========================
module     header fields                                      OTEL_PROPAGATORS  holds
========== ================================================== ================= ===========================
b3         ``b3``                                             ``b3``            128 bits, decision, refusal
b3         ``x-b3-traceid``, ``x-b3-spanid``, ...             ``b3multi``       128 bits, decision, refusal
jaeger     ``uber-trace-id``, ``uberctx-*``                   ``jaeger``        128 bits, decision, baggage
xray       ``X-Amzn-Trace-Id``                                ``xray``          128 bits, decision, refusal
datadog    ``x-datadog-trace-id``, ``x-datadog-tags``, ...    ``datadog``       128 bits, decision
google     ``x-cloud-trace-context``                          ``gcp_trace``     128 bits, decision, refusal
sentry     ``sentry-trace``                                   ``sentry``        128 bits, decision
ottrace    ``ot-tracer-traceid``, ..., ``ot-baggage-*``       ``ottrace``       64 bits, decision, baggage
========== ================================================== ================= ===========================

``format`` has the shapes that they share, ``field`` and ``baggage`` what their grammars share, ``order``
which comes first. Rules of all:

- A field that may occur once and occurs twice makes the format malformed, identical copies included: two
  tracers are at work there, and which of them is the parent is a guess.
- Ids are read in either letter case and written in lower case; 64-bit trace ids are padded on the left; an
  id of zero is malformed.
- What is malformed is malformed as a whole. Ids beside an unreadable decision are not continued.
"""
