-- One row an agent and trace.
CREATE VIEW IF NOT EXISTS agent_facts AS
SELECT
    trace_id,
    received,
    start_ns,
    duration_ns,
    agents.name AS agent,
    agents.spans AS spans,
    agents.model_ns AS model_ns,
    agents.tool_ns AS tool_ns,
    agents.queue_ns AS queue_ns,
    agents.network_ns AS network_ns,
    agents.human_ns AS human_ns,
    agents.own_ns AS own_ns,
    agents.origins AS origins,
    agents.input_tokens AS input_tokens,
    agents.output_tokens AS output_tokens,
    agents.cost AS cost,
    agents.unpriced AS unpriced
FROM (SELECT * FROM trace_facts FINAL)
ARRAY JOIN agents
