-- What agents did in the traces that started in a given time, in all or in steps of `every_ns`; those that took the
-- most of the critical paths come first.
SELECT
    if({every_ns:UInt64} = 0, 0, start_ns - start_ns % greatest({every_ns:UInt64}, 1)) AS from_ns,
    toString(agent) AS agent,
    count() AS traces,
    sum(spans) AS spans,
    quantilesExact(0.5, 0.95)(path_ns) AS path_ns,
    sum(path_ns) / greatest(sum(duration_ns), 1) AS share,
    sum(model_ns) AS model_ns,
    sum(tool_ns) AS tool_ns,
    sum(queue_ns) AS queue_ns,
    sum(network_ns) AS network_ns,
    sum(human_ns) AS human_ns,
    sum(own_ns) AS own_ns,
    sum(origins) AS origins,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cost) AS cost,
    sum(unpriced) AS unpriced
FROM
(
    SELECT *, model_ns + tool_ns + queue_ns + network_ns + human_ns + own_ns AS path_ns
    FROM agent_facts
    WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64}
)
WHERE agent IN
(
    SELECT agent
    FROM agent_facts
    WHERE start_ns BETWEEN {start_ns:UInt64} AND {end_ns:UInt64}
    GROUP BY agent
    ORDER BY sum(model_ns + tool_ns + queue_ns + network_ns + human_ns + own_ns) DESC, agent
    LIMIT {limit:UInt32}
)
GROUP BY from_ns, agent
ORDER BY from_ns, sum(path_ns) DESC, agent
SETTINGS prefer_column_name_to_alias = 1
