-- The last announcement of every span of some traces that was ever open; those that `spans` has are left out
-- by the reader, who reads that later: in one statement a commit could come between.
SELECT
    * EXCEPT (received, open_ns),
    duration_ns,
    toUInt8(1 + (toUnixTimestamp(received) < {lost_before_s:Int64})) AS state,
    toInt64(greatest(0, {now_s:Int64} - toUnixTimestamp(received))) AS silent_s
FROM pending FINAL
WHERE trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
