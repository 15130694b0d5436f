-- The spans of some traces with what analysis reads of them; in no order, which would cost more than the reading.
SELECT * EXCEPT (received, flags, dropped_attributes, dropped_events, dropped_links)
FROM spans FINAL
WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
SETTINGS output_format_arrow_low_cardinality_as_dictionary = 1
