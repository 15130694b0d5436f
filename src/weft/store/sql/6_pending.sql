-- The latest announcement of each span that has not ended, as far as is known: what `spans` has is not open any
-- more, whatever stands here. A table of its own because a span may be renamed before it ends, and the name is part
-- of its identity there; and because spans that never take long pay nothing for it.
-- The columns of `spans`, and events and links as lists: one row replaces all that the last one said.
CREATE TABLE IF NOT EXISTS pending
(
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(NONE),
    parent_span_id FixedString(8) CODEC(ZSTD(1)),
    trace_state String CODEC(ZSTD(1)),
    flags UInt32 CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    name LowCardinality(String) CODEC(ZSTD(1)),
    kind Int32 CODEC(ZSTD(1)),
    start_ns UInt64 CODEC(Delta, ZSTD(1)),
    -- How long it had been open when it was announced, by its own clock; 0 when it does not say.
    open_ns UInt64 CODEC(ZSTD(1)),
    status_code Int32 CODEC(ZSTD(1)),
    status_message String CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
    attribute_types String CODEC(ZSTD(1)),
    dropped_attributes UInt32 CODEC(ZSTD(1)),
    dropped_events UInt32 CODEC(ZSTD(1)),
    dropped_links UInt32 CODEC(ZSTD(1)),
    resource LowCardinality(String) CODEC(ZSTD(1)),
    scope LowCardinality(String) CODEC(ZSTD(1)),
    event_time_ns Array(UInt64) CODEC(ZSTD(1)),
    event_name Array(LowCardinality(String)) CODEC(ZSTD(1)),
    event_attributes Array(Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
    event_attribute_types Array(String) CODEC(ZSTD(1)),
    event_dropped_attributes Array(UInt32) CODEC(ZSTD(1)),
    link_linked_trace_id Array(String) CODEC(ZSTD(1)),
    link_linked_span_id Array(String) CODEC(ZSTD(1)),
    link_trace_state Array(String) CODEC(ZSTD(1)),
    link_flags Array(UInt32) CODEC(ZSTD(1)),
    link_attributes Array(Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
    link_attribute_types Array(String) CODEC(ZSTD(1)),
    link_dropped_attributes Array(UInt32) CODEC(ZSTD(1)),
    received DateTime('UTC') CODEC(ZSTD(1)),
    -- Until the last announcement: what is known, and not what may have become of the span since.
    duration_ns Int64 ALIAS toInt64(least(9223372036854775807, if(
        open_ns > 0,
        toInt128(open_ns),
        greatest(0, toInt128(toUnixTimestamp(received)) * 1000000000 - start_ns)
    )))
)
ENGINE = ReplacingMergeTree(open_ns)
PARTITION BY toDate(received, 'UTC')
ORDER BY (trace_id, span_id, service)
SETTINGS
    non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1
