-- Which service called which, from parents to children. DISTINCT: a span that was sent twice, or announced before
-- it ended, is one call.
SELECT parent.service AS parent, child.service AS child, count() AS calls
FROM
(
    SELECT DISTINCT trace_id, span_id, parent_span_id, service
    FROM
    (
        SELECT trace_id, span_id, parent_span_id, service
        FROM spans
        WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64} AND parent_span_id != toFixedString('', 8)
        UNION ALL
        SELECT trace_id, span_id, parent_span_id, service
        FROM pending
        WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64} AND parent_span_id != toFixedString('', 8)
    )
) AS child
INNER JOIN
(
    SELECT DISTINCT trace_id, span_id, service
    FROM (SELECT trace_id, span_id, service FROM spans UNION ALL SELECT trace_id, span_id, service FROM pending)
) AS parent
    ON parent.trace_id = child.trace_id AND parent.span_id = child.parent_span_id
WHERE parent.service != child.service
GROUP BY parent, child
ORDER BY parent, child
SETTINGS join_algorithm = 'grace_hash'
