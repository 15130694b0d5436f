-- The column names of the OpenTelemetry Collector's ClickHouse exporter, for dashboards written against it.
CREATE VIEW IF NOT EXISTS otel_traces AS
SELECT
    fromUnixTimestamp64Nano(toInt64(start_ns), 'UTC') AS Timestamp,
    lower(hex(trace_id)) AS TraceId,
    lower(hex(span_id)) AS SpanId,
    if(parent_span_id = toFixedString('', 8), '', lower(hex(parent_span_id))) AS ParentSpanId,
    trace_state AS TraceState,
    name AS SpanName,
    transform(kind, [0, 1, 2, 3, 4, 5], ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'], '') AS SpanKind,
    service AS ServiceName,
    resource_attributes AS ResourceAttributes,
    scope_name AS ScopeName,
    scope_version AS ScopeVersion,
    attributes AS SpanAttributes,
    toUInt64(greatest(duration_ns, 0)) AS Duration,
    transform(status_code, [0, 1, 2], ['Unset', 'Ok', 'Error'], '') AS StatusCode,
    status_message AS StatusMessage,
    arrayMap(t -> fromUnixTimestamp64Nano(toInt64(t), 'UTC'), event_times_ns) AS `Events.Timestamp`,
    event_names AS `Events.Name`,
    event_attributes AS `Events.Attributes`,
    arrayMap(i -> lower(hex(i)), link_trace_ids) AS `Links.TraceId`,
    arrayMap(i -> lower(hex(i)), link_span_ids) AS `Links.SpanId`,
    link_trace_states AS `Links.TraceState`,
    link_attributes AS `Links.Attributes`
FROM spans FINAL
