-- How many traces that started in a given time have settled, and of how many of these there are facts that are not
-- out of date. What has no facts yet starts with its earliest span that is known.
SELECT
    count() AS settled,
    countIf(known >= newest AND facts.explained) AS explained,
    countIf(known >= newest AND NOT facts.explained) AS unexplained
FROM
(
    SELECT trace_id, max(span.newest) AS newest, max(span.announced) AS announced
    FROM
    (
        SELECT trace_id, toUnixTimestamp(max(received)) AS newest, toUInt32(0) AS announced
        FROM spans
        WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64}
        GROUP BY trace_id
        UNION ALL
        SELECT trace_id, toUnixTimestamp(max(received)), toUnixTimestamp(max(received))
        FROM pending
        WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64}
        GROUP BY trace_id
    ) AS span
    GROUP BY trace_id
) AS trace
LEFT ANY JOIN
(
    SELECT trace_id, toUnixTimestamp(received) AS known, explained, start_ns FROM trace_facts FINAL
) AS facts USING (trace_id)
WHERE newest <= {settled_s:Int64} AND (announced = 0 OR announced < {lost_before_s:Int64})
    AND (known = 0 OR start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64})
SETTINGS optimize_aggregation_in_order = 1
