"""Which spans are the asking of a human."""

from typing import Any

import pytest
from tests.analyse.traces import span

from weft.analyse.hand_offs.approvals import asks_human


@pytest.mark.parametrize(
    "name",
    [
        "human_input",
        "ask_human",
        "AskHuman",
        "request_approval",
        "Wait for approval",
        "human-in-the-loop",
        "hitl",
        "interrupt",
        "approval",
        "HumanApproval",
        "requestApproval",
    ],
)
def test_names_that_ask(name: str) -> None:
    assert asks_human(span("s", says=name))
    assert asks_human(
        span("s", work={"operation": "execute_tool", "tool": name}, says=f"execute_tool {name}")
    )


@pytest.mark.parametrize(
    "name",
    [
        "human_resources_search",
        "humanize_text",
        "approval_rate",
        "interrupt_handler",
        "chat",
        "",
        "x" * 10_000 + "human",
        "inhuman_input",
    ],
)
def test_names_that_do_not(name: str) -> None:
    assert not asks_human(span("s", says=name))


@pytest.mark.parametrize("kind", ["server", "client", "producer", "consumer"])
def test_a_request_is_none_whatever_its_path(kind: Any) -> None:
    assert not asks_human(span("s", says="POST /human_approval", kind=kind))
