-- The hand-offs of a given time by who handed over to whom and what carried it, in all or in steps of `every_ns`;
-- the most frequent ones come first. A part's quantiles are over the hand-offs in which it is known.
SELECT
    if({every_ns:UInt64} = 0, 0, start_ns - start_ns % greatest({every_ns:UInt64}, 1)) AS from_ns,
    toString(from_agent) AS from_agent,
    toString(to_agent) AS to_agent,
    toString(transport) AS transport,
    count() AS hand_offs,
    countIf(failed) AS failed,
    countIf(attempts > 1) AS retried,
    count(queue_ns) AS queue_known,
    quantilesExactIf(0.5, 0.95, 0.99)(ifNull(queue_ns, 0), queue_ns IS NOT NULL) AS queue,
    count(network_ns) AS network_known,
    quantilesExactIf(0.5, 0.95, 0.99)(ifNull(network_ns, 0), network_ns IS NOT NULL) AS network,
    count(start_delay_ns) AS start_known,
    quantilesExactIf(0.5, 0.95, 0.99)(ifNull(start_delay_ns, 0), start_delay_ns IS NOT NULL) AS start,
    count(work_ns) AS work_known,
    quantilesExactIf(0.5, 0.95, 0.99)(ifNull(work_ns, 0), work_ns IS NOT NULL) AS work,
    count(reply_ns) AS reply_known,
    quantilesExactIf(0.5, 0.95, 0.99)(ifNull(reply_ns, 0), reply_ns IS NOT NULL) AS reply
FROM hand_off_facts
WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64}
    AND ({from_agent:String} = '' OR from_agent = {from_agent:String})
    AND ({to_agent:String} = '' OR to_agent = {to_agent:String})
    AND (from_agent, to_agent, transport) IN
    (
        SELECT from_agent, to_agent, transport
        FROM hand_off_facts
        WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64}
            AND ({from_agent:String} = '' OR from_agent = {from_agent:String})
            AND ({to_agent:String} = '' OR to_agent = {to_agent:String})
        GROUP BY from_agent, to_agent, transport
        ORDER BY count() DESC, from_agent, to_agent, transport
        LIMIT {limit:UInt32}
    )
GROUP BY from_ns, from_agent, to_agent, transport
ORDER BY from_ns, hand_offs DESC, from_agent, to_agent, transport
SETTINGS prefer_column_name_to_alias = 1
