-- Large attribute values, once per content and day of receipt; spans hold the hash in lower-case hex.
CREATE TABLE IF NOT EXISTS payloads
(
    hash String CODEC(ZSTD(1)),
    content String CODEC(ZSTD(3)),
    received DateTime('UTC') CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(received, 'UTC')
ORDER BY hash
SETTINGS
    index_granularity = 64, -- contents are large: a lookup reads 64 of them, not 8,192
    non_replicated_deduplication_window = 1000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1
