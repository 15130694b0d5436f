-- One row a span. Ordered by trace: whole traces are what is read most, and 51 bytes a span against 54 when
-- ordered by service and name (100,000 spans a commit, 11 attributes over 97 keys with 1,000 values).
-- Partitioned by the day of receipt, never by the span's own times: those are the sender's word, and a commit
-- with times all over the calendar would be a commit into as many partitions.
-- The ordering key is a span's identity. A span that was sent twice is one row after a merge, and one row in
-- every answer before it (FINAL). `optimize_on_insert` is off when inserting: collapsing at insert cost 12 µs a
-- span against 4.
CREATE TABLE IF NOT EXISTS spans
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
    duration_ns Int64 CODEC(ZSTD(1)),
    status_code Int32 CODEC(ZSTD(1)),
    status_message String CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
    attribute_types String CODEC(ZSTD(1)),
    dropped_attributes UInt32 CODEC(ZSTD(1)),
    dropped_events UInt32 CODEC(ZSTD(1)),
    dropped_links UInt32 CODEC(ZSTD(1)),
    -- JSON, see decode/origins.py: a resource or scope stands for thousands of spans.
    resource LowCardinality(String) CODEC(ZSTD(1)),
    scope LowCardinality(String) CODEC(ZSTD(1)),
    received DateTime('UTC') CODEC(ZSTD(1)),
    INDEX start_ns start_ns TYPE minmax GRANULARITY 64
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(received, 'UTC')
ORDER BY (trace_id, start_ns, span_id, kind, service, name)
SETTINGS
    -- A commit repeated after a crash carries the token of the first and is dropped by the engine.
    non_replicated_deduplication_window = 1000,
    -- The journal forgets what the store holds: what the store holds must be on disk.
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1
