-- A trace matches when one of its spans satisfies every condition; the newest matches come first.
SELECT trace_id
FROM spans
WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64}
    AND ({service:String} = '' OR service = {service:String})
    AND ({operation:String} = '' OR name = {operation:String})
    AND duration_ns BETWEEN {min_duration_ns:Int64} AND {max_duration_ns:Int64}
    /* tags */
GROUP BY trace_id
ORDER BY max(start_ns) DESC, trace_id
LIMIT {limit:UInt32}
