-- What was last learned about the clocks of hosts, as JSON (analyse/clocks): one row.
CREATE TABLE IF NOT EXISTS clocks
(
    learned DateTime('UTC'),
    state String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(learned)
ORDER BY tuple()
