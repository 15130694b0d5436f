-- What analysis found out about a trace: one row, which replaces all that an earlier one said when spans came
-- late. Agents, hand-offs and errors are lists in it and not tables of their own, so that what is known of a
-- trace changes in one step, and a crash leaves either the old facts or the new ones.
-- `received` is when the newest span that the facts rest on was received: a trace with a newer one is out of date.
CREATE TABLE IF NOT EXISTS trace_facts
(
    trace_id FixedString(16),
    received DateTime('UTC'),
    -- False of a trace that is too large to be explained, or that analysis failed on: then only the spans count.
    explained Bool,
    root_agent LowCardinality(String),
    root_service LowCardinality(String),
    root_name LowCardinality(String),
    start_ns UInt64 CODEC(Delta, ZSTD(1)),
    duration_ns UInt64,
    -- How long work went on after the root's end.
    tail_ns UInt64,
    spans UInt32,
    failures UInt32,
    repairs UInt32,
    loops UInt32,
    -- The critical path by what its time went to; together `duration_ns`.
    model_ns UInt64,
    tool_ns UInt64,
    queue_ns UInt64,
    network_ns UInt64,
    human_ns UInt64,
    own_ns UInt64,
    input_tokens UInt64,
    output_tokens UInt64,
    -- US dollars; without those of `unpriced` model calls.
    cost Nullable(Float64),
    unpriced UInt32,
    agents Nested
    (
        name LowCardinality(String),
        spans UInt32,
        model_ns UInt64,
        tool_ns UInt64,
        queue_ns UInt64,
        network_ns UInt64,
        human_ns UInt64,
        own_ns UInt64,
        origins UInt32,
        input_tokens UInt64,
        output_tokens UInt64,
        cost Nullable(Float64),
        unpriced UInt32
    ),
    -- Each part of its time as far as it is known, and its bounds: see model/hand_off.py.
    hand_offs Nested
    (
        from_span_id FixedString(8),
        kind LowCardinality(String),
        transport LowCardinality(String),
        from_agent LowCardinality(String),
        to_agent LowCardinality(String),
        from_service LowCardinality(String),
        to_service LowCardinality(String),
        start_ns UInt64,
        duration_ns UInt64,
        attempts UInt32,
        failed Bool,
        queue_ns Nullable(UInt64),
        queue_low_ns Nullable(UInt64),
        queue_high_ns Nullable(UInt64),
        network_ns Nullable(UInt64),
        network_low_ns Nullable(UInt64),
        network_high_ns Nullable(UInt64),
        start_delay_ns Nullable(UInt64),
        start_delay_low_ns Nullable(UInt64),
        start_delay_high_ns Nullable(UInt64),
        work_ns Nullable(UInt64),
        work_low_ns Nullable(UInt64),
        work_high_ns Nullable(UInt64),
        reply_ns Nullable(UInt64),
        reply_low_ns Nullable(UInt64),
        reply_high_ns Nullable(UInt64)
    ),
    -- Spans in which a failure began.
    origins Nested
    (
        span_id FixedString(8),
        agent LowCardinality(String),
        service LowCardinality(String),
        span_name LowCardinality(String),
        reason String
    )
)
ENGINE = ReplacingMergeTree(received)
PARTITION BY toDate(received, 'UTC')
ORDER BY trace_id
SETTINGS
    default_compression_codec = 'ZSTD(1)',
    -- What a crash takes is computed again: nothing forgets spans because their facts are here.
    fsync_after_insert = 0
