-- The newest traces. Whether a span that was announced has ended does not matter: it started when it did.
SELECT trace_id
FROM
(
    SELECT trace_id, start_ns FROM spans WHERE {service:String} = '' OR service = {service:String}
    UNION ALL
    SELECT trace_id, start_ns FROM pending WHERE {service:String} = '' OR service = {service:String}
)
GROUP BY trace_id
ORDER BY max(start_ns) DESC
LIMIT {limit:UInt32}
