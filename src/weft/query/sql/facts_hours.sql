-- The hours in which something was received, the newest last.
SELECT DISTINCT toUnixTimestamp(toStartOfHour(received)) AS hour_s
FROM (SELECT received FROM spans UNION ALL SELECT received FROM pending)
ORDER BY hour_s
