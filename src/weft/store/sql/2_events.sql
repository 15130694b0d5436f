-- One row an event. The first columns are the identity of its span; `number` is its place there.
CREATE TABLE IF NOT EXISTS events
(
    trace_id FixedString(16) CODEC(ZSTD(1)),
    start_ns UInt64 CODEC(Delta, ZSTD(1)),
    span_id FixedString(8) CODEC(ZSTD(1)),
    kind Int32 CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    span_name LowCardinality(String) CODEC(ZSTD(1)),
    number UInt32 CODEC(ZSTD(1)),
    time_ns UInt64 CODEC(Delta, ZSTD(1)),
    name LowCardinality(String) CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attribute_types String CODEC(ZSTD(1)),
    dropped_attributes UInt32 CODEC(ZSTD(1)),
    received DateTime('UTC') CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(received, 'UTC')
ORDER BY (trace_id, start_ns, span_id, kind, service, span_name, number)
SETTINGS
    non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1
