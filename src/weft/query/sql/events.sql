SELECT * EXCEPT (received)
FROM events FINAL
WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
ORDER BY trace_id, start_ns, span_id, kind, service, span_name, number
