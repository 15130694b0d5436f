-- When the newest span or announcement was received: the engine knows it of each part without reading a row.
SELECT toUnixTimestamp(greatest(span.newest, open.newest)) AS newest_s
FROM (SELECT max(received) AS newest FROM spans) AS span, (SELECT max(received) AS newest FROM pending) AS open
