-- A trace matches when one of its spans satisfies every condition; the newest matches come first.
-- A span that is still open is judged by its last announcement, one that has ended by that alone.
SELECT trace_id
FROM
(
    SELECT trace_id, start_ns
    FROM spans
    WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64}
        AND ({service:String} = '' OR service = {service:String})
        AND ({operation:String} = '' OR name = {operation:String})
        AND duration_ns BETWEEN {min_duration_ns:Int64} AND {max_duration_ns:Int64}
        /* tags */
    UNION ALL
    SELECT trace_id, start_ns
    FROM pending FINAL
    WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64}
        AND ({service:String} = '' OR service = {service:String})
        AND ({operation:String} = '' OR name = {operation:String})
        AND duration_ns BETWEEN {min_duration_ns:Int64} AND {max_duration_ns:Int64}
        /* open tags */
        AND (trace_id, span_id, service) NOT IN
        (
            SELECT trace_id, span_id, service
            FROM spans
            WHERE trace_id IN
            (
                SELECT trace_id
                FROM pending
                WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64}
                    AND ({service:String} = '' OR service = {service:String})
            )
        )
)
GROUP BY trace_id
ORDER BY max(start_ns) DESC, trace_id
LIMIT {limit:UInt32}
