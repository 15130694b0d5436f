-- One row a hand-off.
CREATE VIEW IF NOT EXISTS hand_off_facts AS
SELECT
    trace_id,
    received,
    hand_offs.from_span_id AS from_span_id,
    hand_offs.kind AS kind,
    hand_offs.transport AS transport,
    hand_offs.from_agent AS from_agent,
    hand_offs.to_agent AS to_agent,
    hand_offs.from_service AS from_service,
    hand_offs.to_service AS to_service,
    hand_offs.start_ns AS start_ns,
    hand_offs.duration_ns AS duration_ns,
    hand_offs.attempts AS attempts,
    hand_offs.failed AS failed,
    hand_offs.queue_ns AS queue_ns,
    hand_offs.queue_low_ns AS queue_low_ns,
    hand_offs.queue_high_ns AS queue_high_ns,
    hand_offs.network_ns AS network_ns,
    hand_offs.network_low_ns AS network_low_ns,
    hand_offs.network_high_ns AS network_high_ns,
    hand_offs.start_delay_ns AS start_delay_ns,
    hand_offs.start_delay_low_ns AS start_delay_low_ns,
    hand_offs.start_delay_high_ns AS start_delay_high_ns,
    hand_offs.work_ns AS work_ns,
    hand_offs.work_low_ns AS work_low_ns,
    hand_offs.work_high_ns AS work_high_ns,
    hand_offs.reply_ns AS reply_ns,
    hand_offs.reply_low_ns AS reply_low_ns,
    hand_offs.reply_high_ns AS reply_high_ns
FROM (SELECT * FROM trace_facts FINAL)
ARRAY JOIN hand_offs
