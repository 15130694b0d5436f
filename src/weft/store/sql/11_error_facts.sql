-- One row a span in which a failure began.
CREATE VIEW IF NOT EXISTS error_facts AS
SELECT
    trace_id,
    received,
    start_ns,
    origins.span_id AS span_id,
    origins.agent AS agent,
    origins.service AS service,
    origins.span_name AS span_name,
    origins.reason AS reason
FROM (SELECT * FROM trace_facts FINAL)
ARRAY JOIN origins
