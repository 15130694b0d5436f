-- The newest traces in one line each. A trace without a root is named after its earliest span.
SELECT
    trace_id,
    argMin(toString(service), (parent_span_id != toFixedString('', 8), spans.start_ns)) AS root_service,
    argMin(toString(name), (parent_span_id != toFixedString('', 8), spans.start_ns)) AS root_name,
    min(spans.start_ns) AS start_ns,
    -- The times are the sender's word: their sum may be more than 64 bits hold.
    toUInt64(least(max(toUInt128(spans.start_ns) + toUInt128(greatest(duration_ns, 0))), toUInt128(18446744073709551615))) AS end_ns,
    count() AS spans,
    countIf(status_code = 2) AS errors,
    arraySort(groupUniqArray(toString(service))) AS services
FROM spans FINAL
WHERE trace_id IN
(
    SELECT trace_id
    FROM spans
    WHERE {service:String} = '' OR service = {service:String}
    GROUP BY trace_id
    ORDER BY max(start_ns) DESC
    LIMIT {limit:UInt32}
)
GROUP BY trace_id
ORDER BY max(spans.start_ns) DESC
