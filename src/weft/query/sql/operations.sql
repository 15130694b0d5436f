-- A name that a span had while it was open is an operation only until the span has ended under another one.
SELECT DISTINCT name, kind
FROM
(
    SELECT DISTINCT name, kind FROM spans WHERE service = {service:String}
    UNION ALL
    SELECT name, kind
    FROM pending FINAL
    WHERE service = {service:String} AND (trace_id, span_id, service) NOT IN
    (
        SELECT trace_id, span_id, service
        FROM spans
        WHERE trace_id IN (SELECT trace_id FROM pending WHERE service = {service:String})
    )
)
ORDER BY name, kind
