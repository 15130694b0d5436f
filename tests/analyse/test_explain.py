"""What the passes found, put together."""

from tests.analyse.traces import span, trace

from weft.analyse.explain import explain
from weft.model.work import Tokens


def test_tokens_and_cost_are_each_agents_own() -> None:
    asked = {"operation": "chat", "model": "gpt-4o", "provider": "openai", "tokens": Tokens(1_000_000)}
    found = explain(
        trace(
            span("root", work={"operation": "invoke_agent", "agent": "planner"}),
            span("sub", "root", work={"operation": "invoke_agent", "agent": "writer"}),
            span("chat", "sub", work=asked),
        )
    )

    assert found.agents["planner"].usage.cost is None
    assert found.agents["writer"].usage.cost == found.usage.cost == 2.5
    assert found.to_json()["tokens"]["input"] == 1_000_000


def test_loops_are_told() -> None:
    tries = [span(f"try{n}", "root", n, n + 1, says="get", status="error") for n in range(3)]

    assert [loop.count for loop in explain(trace(span("root"), *tries)).loops] == [3]
