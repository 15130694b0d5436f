-- Some traces in one line each, the newest first. A trace without a root is named after its earliest span.
SELECT
    trace_id,
    argMin(service, (parent_span_id != toFixedString('', 8), span.start_ns)) AS root_service,
    argMin(name, (parent_span_id != toFixedString('', 8), span.start_ns)) AS root_name,
    min(span.start_ns) AS start_ns,
    -- The times are the sender's word: their sum may be more than 64 bits hold.
    toUInt64(least(max(toUInt128(span.start_ns) + toUInt128(greatest(duration_ns, 0))), toUInt128(18446744073709551615))) AS end_ns,
    count() AS spans,
    countIf(status_code = 2) AS errors,
    countIf(state = 1) AS open,
    countIf(state = 2) AS lost,
    arraySort(groupUniqArray(service)) AS services
FROM
(
    SELECT trace_id, parent_span_id, toString(service) AS service, toString(name) AS name, start_ns, duration_ns, status_code,
        0 AS state
    FROM spans FINAL
    WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
    UNION ALL
    SELECT trace_id, parent_span_id, toString(service), toString(name), start_ns, duration_ns, status_code,
        1 + (toUnixTimestamp(received) < {lost_before_s:Int64})
    FROM pending FINAL
    WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
        AND (trace_id, span_id, service) NOT IN
        (
            SELECT trace_id, span_id, service
            FROM spans
            WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
        )
) AS span
GROUP BY trace_id
ORDER BY max(span.start_ns) DESC
