-- The column names of the OpenTelemetry Collector's ClickHouse exporter, for dashboards written against it.
CREATE VIEW IF NOT EXISTS otel_traces AS
SELECT
    fromUnixTimestamp64Nano(toInt64(span.start_ns), 'UTC') AS Timestamp,
    lower(hex(span.trace_id)) AS TraceId,
    lower(hex(span.span_id)) AS SpanId,
    if(span.parent_span_id = toFixedString('', 8), '', lower(hex(span.parent_span_id))) AS ParentSpanId,
    span.trace_state AS TraceState,
    span.name AS SpanName,
    transform(span.kind, [0, 1, 2, 3, 4, 5], ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'], '')
        AS SpanKind,
    span.service AS ServiceName,
    mapFromArrays(
        arrayMap(a -> a.1, JSONExtract(span.resource, 'attributes', 'Array(Tuple(String, String, String))')),
        arrayMap(a -> a.2, JSONExtract(span.resource, 'attributes', 'Array(Tuple(String, String, String))'))
    ) AS ResourceAttributes,
    JSONExtractString(span.scope, 'name') AS ScopeName,
    JSONExtractString(span.scope, 'version') AS ScopeVersion,
    span.attributes AS SpanAttributes,
    toUInt64(greatest(span.duration_ns, 0)) AS Duration,
    transform(span.status_code, [0, 1, 2], ['Unset', 'Ok', 'Error'], '') AS StatusCode,
    span.status_message AS StatusMessage,
    event.times AS `Events.Timestamp`,
    event.names AS `Events.Name`,
    event.maps AS `Events.Attributes`,
    link.trace_ids AS `Links.TraceId`,
    link.span_ids AS `Links.SpanId`,
    link.trace_states AS `Links.TraceState`,
    link.maps AS `Links.Attributes`
FROM (SELECT * FROM spans FINAL) AS span
LEFT ANY JOIN
(
    SELECT
        trace_id,
        span_id,
        groupArray(fromUnixTimestamp64Nano(toInt64(time_ns), 'UTC')) AS times,
        groupArray(name) AS names,
        groupArray(attributes) AS maps
    FROM (SELECT * FROM events FINAL ORDER BY trace_id, span_id, number)
    GROUP BY trace_id, span_id
) AS event ON event.trace_id = span.trace_id AND event.span_id = span.span_id
LEFT ANY JOIN
(
    SELECT
        trace_id,
        span_id,
        groupArray(lower(hex(linked_trace_id))) AS trace_ids,
        groupArray(lower(hex(linked_span_id))) AS span_ids,
        groupArray(trace_state) AS trace_states,
        groupArray(attributes) AS maps
    FROM (SELECT * FROM links FINAL ORDER BY trace_id, span_id, number)
    GROUP BY trace_id, span_id
) AS link ON link.trace_id = span.trace_id AND link.span_id = span.span_id
