-- Traces that have settled and whose facts are missing or older than their newest span, of those that were received
-- in a given time; erroneous and broken ones come first. Next in the order of the table, so that those that are
-- read together lie together.
-- A trace is broken when it has not one root, or when a span names a parent that is not there: then there are more
-- ids of spans and parents than ids of spans.
SELECT
    trace_id,
    toUInt32(newest) AS received_s,
    toUInt64(rows) AS spans,
    first_ns AS start_ns,
    announced > 0 AS has_announced
FROM
(
    SELECT
        trace_id,
        max(span.newest) AS newest,
        max(span.announced) AS announced,
        sum(span.rows) AS rows,
        min(span.first_ns) AS first_ns,
        max(span.urgent) AS urgent
    FROM
    (
        SELECT
            trace_id,
            toUnixTimestamp(max(received)) AS newest,
            toUInt32(0) AS announced,
            count() AS rows,
            min(start_ns) AS first_ns,
            countIf(status_code = 2) > 0
                OR countIf(parent_span_id = toFixedString('', 8)) != 1
                OR uniqExactArray(if(parent_span_id = toFixedString('', 8), [span_id], [span_id, parent_span_id]))
                    > uniqExact(span_id) AS urgent
        FROM spans
        WHERE received >= toDateTime({from_s:UInt32}, 'UTC') AND received < toDateTime({until_s:UInt32}, 'UTC')
        GROUP BY trace_id
        UNION ALL
        SELECT trace_id, toUnixTimestamp(max(received)), toUnixTimestamp(max(received)), count(), min(start_ns), true
        FROM pending
        WHERE received >= toDateTime({from_s:UInt32}, 'UTC') AND received < toDateTime({until_s:UInt32}, 'UTC')
        GROUP BY trace_id
    ) AS span
    GROUP BY trace_id
) AS trace
LEFT ANY JOIN
(
    SELECT trace_id, toUnixTimestamp(max(received)) AS known
    FROM trace_facts
    WHERE received >= toDateTime({from_s:UInt32}, 'UTC')
    GROUP BY trace_id
) AS facts USING (trace_id)
WHERE newest <= {settled_s:Int64} AND (announced = 0 OR announced < {lost_before_s:Int64}) AND known < newest
ORDER BY urgent DESC, trace_id
LIMIT {limit:UInt32}
SETTINGS optimize_aggregation_in_order = 1
