-- The columns that 7_spans_work.sql adds to `spans`.
ALTER TABLE pending
    ADD COLUMN IF NOT EXISTS operation LowCardinality(String) CODEC(ZSTD(1)) AFTER scope,
    ADD COLUMN IF NOT EXISTS agent LowCardinality(String) CODEC(ZSTD(1)) AFTER operation,
    ADD COLUMN IF NOT EXISTS model LowCardinality(String) CODEC(ZSTD(1)) AFTER agent,
    ADD COLUMN IF NOT EXISTS provider LowCardinality(String) CODEC(ZSTD(1)) AFTER model,
    ADD COLUMN IF NOT EXISTS tool LowCardinality(String) CODEC(ZSTD(1)) AFTER provider,
    ADD COLUMN IF NOT EXISTS conversation String CODEC(ZSTD(1)) AFTER tool,
    ADD COLUMN IF NOT EXISTS workflow LowCardinality(String) CODEC(ZSTD(1)) AFTER conversation,
    ADD COLUMN IF NOT EXISTS has_tokens Bool CODEC(ZSTD(1)) AFTER workflow,
    ADD COLUMN IF NOT EXISTS input_tokens UInt64 CODEC(ZSTD(1)) AFTER has_tokens,
    ADD COLUMN IF NOT EXISTS output_tokens UInt64 CODEC(ZSTD(1)) AFTER input_tokens,
    ADD COLUMN IF NOT EXISTS cache_read_tokens UInt64 CODEC(ZSTD(1)) AFTER output_tokens,
    ADD COLUMN IF NOT EXISTS cache_write_tokens UInt64 CODEC(ZSTD(1)) AFTER cache_read_tokens,
    ADD COLUMN IF NOT EXISTS reasoning_tokens UInt64 CODEC(ZSTD(1)) AFTER cache_write_tokens,
    ADD COLUMN IF NOT EXISTS cost Nullable(Float64) CODEC(ZSTD(1)) AFTER reasoning_tokens
