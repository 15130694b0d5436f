-- The newest traces with hand-offs, which is where clocks of different hosts meet.
SELECT trace_id
FROM trace_facts FINAL
WHERE explained AND spans <= {spans:UInt32} AND notEmpty(hand_offs.kind)
ORDER BY received DESC
LIMIT {limit:UInt32}
