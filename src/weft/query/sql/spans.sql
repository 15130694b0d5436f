-- Every span of some traces, each once: FINAL collapses what was sent twice and is not merged yet.
SELECT * EXCEPT (received)
FROM spans FINAL
WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
ORDER BY trace_id, start_ns, span_id, kind, service, name
