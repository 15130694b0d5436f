"""Tokens and cost, counted once."""

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyse.traces import span, trace

from weft.analyse.agents import name_agents
from weft.analyse.reading import Reading
from weft.analyse.tree import repair
from weft.analyse.usage.rate import NO_PRICES, Prices, Rate, flat
from weft.analyse.usage.usage import count_usage
from weft.model.span import Span
from weft.model.usage import NO_USAGE
from weft.model.work import Tokens


class Dollars:
    """A dollar a token of input, two of output, for models named `m…`."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def rate(self, provider: str, model: str, at_ns: int) -> Rate | None:
        self.asked.append(model)
        return Rate(input=flat(1e6), output=flat(2e6)) if model.startswith("m") else None


def read(*spans: Span, prices: Prices = NO_PRICES) -> Reading:
    made = trace(*spans)
    return count_usage(prices)(name_agents(Reading.of(made, repair(made))))


def own(reading: Reading) -> dict[str, Any]:
    """The counted tokens, or else the cost, by the span's name."""
    return {
        reading.tree.spans[index].name: (usage.tokens.input, usage.tokens.output)
        if usage.tokens.total
        else usage.cost
        for index, usage in reading.own.items()
    }


def call(
    name: str, parent: str | None = "root", start: float = 1, end: float = 5, *tokens: int, **more: Any
) -> Span:
    work = {"operation": "chat", "model": "m1", **more.pop("work", {})}
    if tokens:
        work["tokens"] = Tokens(*tokens)
    return span(name, parent, start, end, work=work, **more)


def agent(name: str, parent: str | None = None, start: float = 0, end: float = 10, **work: Any) -> Span:
    more = {"service": work.pop("service", "orchestrator")}
    return span(name, parent, start, end, work={"operation": "invoke_agent", "agent": name, **work}, **more)


def scope(name: str, response: str = "") -> dict[str, Any]:
    return {"attributes": {"otel.scope.name": name, **({"gen_ai.response.id": response} if response else {})}}


def test_a_trace_without_ai_has_no_usage() -> None:
    reading = read(span("root"), span("a", "root"))

    assert (reading.usage, reading.own, reading.inclusive) == (NO_USAGE, {}, {})


def test_calls_are_summed_up_to_the_root() -> None:
    reading = read(
        agent("root"), agent("sub", "root"), call("a", "sub", 1, 2, 10, 1), call("b", "root", 3, 4, 20, 2)
    )

    names = [one.name for one in reading.tree.spans]
    inclusive = {names[index]: usage.tokens.total for index, usage in reading.inclusive.items()}
    assert inclusive == {"root": 33, "sub": 11, "a": 11, "b": 22}
    assert reading.usage.tokens == Tokens(30, 3)


def test_a_call_inside_a_call_is_the_same_call() -> None:
    reading = read(agent("root"), call("outer", "root", 1, 5, 10, 1), call("sdk", "outer", 2, 4, 10, 1))

    assert own(reading) == {"sdk": (10, 1)}


def test_steps_of_a_call_are_counted_and_their_sum_is_not() -> None:
    reading = read(
        call("sum", None, 0, 9, 30, 3), call("step1", "sum", 1, 2, 10, 1), call("step2", "sum", 3, 4, 20, 2)
    )

    assert own(reading) == {"step1": (10, 1), "step2": (20, 2)}


def test_what_only_the_outer_one_tells_is_taken_over() -> None:
    reading = read(
        agent("root"),
        call("outer", "root", 1, 5, 100, 10, 60, 0, 4),
        span("http", "outer", 1, 5),
        call("sdk", "http", 2, 4, 110),
    )

    assert reading.own == {3: reading.usage}
    assert reading.usage.tokens == Tokens(100, 10, 60, 0, 4)


def test_what_a_sum_over_steps_tells_is_no_steps() -> None:
    reading = read(
        call("sum", None, 0, 9, 30, 3, 7),
        call("step1", "sum", 1, 2, 10, 1),
        call("step2", "sum", 3, 4, 20, 2),
    )

    assert reading.usage.tokens == Tokens(30, 3)


def test_a_call_that_says_nothing_leaves_it_to_the_one_around_it() -> None:
    reading = read(agent("root"), call("outer", "root", 1, 5, 10, 1), call("sdk", "outer", 2, 4, 0, 0))

    assert own(reading) == {"outer": (10, 1)}


def test_what_a_gateway_did_for_a_call_is_that_call() -> None:
    reading = read(
        agent("root"),
        call("chat", "root", 1, 5, 10, 1),
        call("relay", "chat", 2, 4, 10, 1, service="gateway"),
    )

    assert own(reading) == {"relay": (10, 1)}


def test_what_a_tool_does_during_a_call_is_not_that_call() -> None:
    reading = read(
        agent("root"),
        call("loop", "root", 1, 9, 100, 10),
        span("tool", "loop", 2, 8, work={"operation": "execute_tool", "tool": "ask"}),
        call("asked", "tool", 3, 7, 5, 1),
    )

    assert own(reading) == {"loop": (100, 10), "asked": (5, 1)}


def test_an_agents_sum_counts_only_when_nothing_below_says_any() -> None:
    said = agent("root", tokens=Tokens(99, 9))

    assert own(read(said, call("a", "root", 1, 2, 10, 1))) == {"a": (10, 1)}
    assert own(read(said, call("a", "root"))) == {"root": (99, 9)}


def test_an_agents_sum_leaves_out_the_agent_in_another_process() -> None:
    reading = read(
        agent("root", tokens=Tokens(99, 9)),
        span("http", "root", kind="client"),
        span("served", "http", service="writing", kind="server"),
        agent("writer", "served", service="writing"),
        call("a", "writer", 1, 2, 10, 1, service="writing"),
    )

    assert own(reading) == {"root": (99, 9), "a": (10, 1)}


def test_an_agents_sum_has_what_its_gateway_did() -> None:
    reading = read(
        agent("root", tokens=Tokens(99, 9)),
        span("served", "root", service="gateway", kind="server"),
        call("a", "served", 1, 2, 99, 9, service="gateway"),
    )

    assert own(reading) == {"a": (99, 9)}


def test_the_call_of_a_remote_agent_speaks_for_that_agent() -> None:
    calling = {"operation": "invoke_agent", "agent": "writer", "tokens": Tokens(10, 1)}
    reading = read(
        agent("root"),
        span("ask", "root", work=calling, kind="client"),
        agent("writer", "ask", service="writing"),
        call("a", "writer", 1, 2, 10, 1, service="writing"),
    )

    assert own(reading) == {"a": (10, 1)}


def test_attempts_are_calls_of_their_own() -> None:
    sdk = scope("openai")
    reading = read(
        agent("root"), call("one", "root", 1, 2, 10, 1, **sdk), call("two", "root", 3, 4, 10, 1, **sdk)
    )

    assert reading.usage.tokens == Tokens(20, 2)


def test_one_call_seen_side_by_side_by_two_instrumentations_is_counted_once() -> None:
    reading = read(
        agent("root"),
        span("chain", "root"),
        call("callback", "chain", 1, 5, 10, 1, **scope("openinference")),
        call("sdk", "root", 1.2, 4.9, 10, 1, **scope("openai", "r1")),
    )

    assert own(reading) == {"sdk": (10, 1)}


def test_calls_side_by_side_with_one_response_are_one_whatever_tokens_they_say() -> None:
    reading = read(
        agent("root"),
        call("a", "root", 1, 5, 110, **scope("one", "r1")),
        call("b", "root", 1, 5, 100, 10, **scope("two", "r1")),
        call("c", "root", 1, 5, 100, 10, **scope("two", "r2")),
    )

    assert reading.usage.tokens == Tokens(200, 20)


def test_calls_side_by_side_of_one_instrumentation_are_several() -> None:
    calls = [call(f"c{n}", "root", 1, 5, 10, 1, **scope("openai", "same")) for n in range(5)]

    assert read(agent("root"), *calls).usage.tokens.input == 50


def test_a_fan_out_seen_by_two_instrumentations_is_counted_once_a_call() -> None:
    outer = [call(f"o{n}", "root", 1 + n, 50 + n, 10, 1, **scope("outer")) for n in range(30)]
    inner = [call(f"i{n}", "root", 1.5 + n, 50 + n, 10, 1, **scope("inner")) for n in range(30)]

    assert set(own(read(agent("root"), *outer, *inner))) == {one.name for one in inner}


def test_equal_calls_one_after_the_other_are_several_although_two_instrumentations_made_them() -> None:
    reading = read(
        agent("root"),
        call("a", "root", 1, 2, 10, 1, **scope("openai")),
        call("b", "root", 3, 4, 10, 1, **scope("langchain")),
    )

    assert reading.usage.tokens.input == 20


def test_calls_that_only_touch_are_several() -> None:
    reading = read(
        agent("root"),
        call("a", "root", 1, 5, 10, 1, **scope("openai")),
        call("b", "root", 4.5, 9, 10, 1, **scope("langchain")),
    )

    assert reading.usage.tokens.input == 20


def test_what_one_instrumentation_saw_twice_is_two_calls_whoever_else_was_there() -> None:
    reading = read(
        agent("root"),
        call("a", "root", 1, 9, 10, 1, **scope("one"), work={"model": "m1"}),
        call("b", "root", 2, 9, 10, 1, **scope("two"), work={"model": "x"}),
        call("c", "root", 3, 9, 10, 1, **scope("two"), work={"model": "x"}),
    )

    assert reading.usage.tokens.input == 30


def test_calls_of_two_models_are_several() -> None:
    reading = read(
        agent("root"),
        call("a", "root", 1, 5, 10, 1, **scope("one"), work={"model": "m1"}),
        call("b", "root", 1, 5, 10, 1, **scope("two"), work={"model": "x"}),
    )

    assert reading.usage.tokens.input == 20


def test_the_table_prices_what_says_no_cost() -> None:
    reading = read(
        agent("root"),
        call("a", "root", 1, 2, 10, 1),
        call("b", "root", 3, 4, 10, 1, work={"cost": 0.5}),
        call("c", "root", 5, 6, 10, 1, work={"model": "unknown"}),
        prices=Dollars(),
    )

    assert reading.usage.cost == 12.5
    assert reading.usage.unpriced == 1


def test_a_cost_of_nothing_is_believed_where_the_table_has_no_price() -> None:
    free = {"cost": 0.0, "model": "unknown"}

    assert read(call("a", None, 0, 1, 10, 1, work=free), prices=Dollars()).usage.cost == 0
    assert read(call("a", None, 0, 1, 10, 1, work={"cost": 0.0}), prices=Dollars()).usage.cost == 12


def test_a_sum_that_says_its_cost_is_believed_before_the_table() -> None:
    reading = read(
        agent("root"),
        agent("sub", "root", cost=0.25),
        call("a", "sub", 1, 2, 10, 1),
        call("b", "sub", 1, 2, 10, 1, work={"model": "unknown"}),
        call("c", "root", 3, 4, 10, 1),
        prices=Dollars(),
    )

    assert reading.usage.cost == 12.25
    assert reading.usage.unpriced == 0
    assert reading.usage.tokens.total == 33


def test_a_sum_over_calls_that_say_their_cost_is_not_added() -> None:
    reading = read(
        agent("root", cost=9.0),
        call("a", "root", 1, 2, 10, 1, work={"cost": 0.5}),
        call("b", "root", 3, 4, 10, 1),
        prices=Dollars(),
    )

    assert reading.usage.cost == 12.5


def test_a_sum_does_not_pay_for_the_agent_in_another_process() -> None:
    reading = read(
        agent("root", cost=0.25),
        call("a", "root", 1, 2, 10, 1),
        agent("writer", "root", service="writing"),
        call("b", "writer", 3, 4, 10, 1, service="writing"),
        prices=Dollars(),
    )

    assert reading.usage.cost == 12.25


def test_the_cost_that_only_the_outer_one_of_two_says_is_the_calls() -> None:
    reading = read(
        call("outer", None, 0, 5, 10, 1, work={"cost": 0.5}),
        call("sdk", "outer", 1, 4, 10, 1),
        prices=Dollars(),
    )

    assert (reading.usage.cost, reading.usage.tokens.total) == (0.5, 11)


def test_the_cost_that_only_the_inner_one_of_two_says_is_the_calls() -> None:
    reading = read(
        call("outer", None, 0, 5, 10, 1, work={"cost": 0.7}),
        call("sdk", "outer", 1, 4, work={"cost": 0.5}),
        prices=Dollars(),
    )

    assert (reading.usage.cost, reading.usage.tokens.total) == (0.5, 11)


def test_the_cost_that_only_one_of_two_beside_each_other_says_is_the_calls() -> None:
    reading = read(
        agent("root"),
        call("callback", "root", 1, 5, 10, 1, work={"cost": 0.5}, **scope("openinference")),
        call("sdk", "root", 2, 4, 10, 1, **scope("openai")),
        prices=Dollars(),
    )

    assert (reading.usage.cost, own(reading)) == (0.5, {"sdk": (10, 1)})


def test_costs_that_are_no_amounts_are_not_said() -> None:
    for wrong in (math.nan, math.inf, -1.0):
        assert read(call("a", None, 0, 1, 10, 1, work={"cost": wrong}), prices=Dollars()).usage.cost == 12


def test_only_so_many_models_are_looked_up() -> None:
    prices = Dollars()
    calls = [call(f"c{n}", "root", n, n + 1, 1, work={"model": f"m{n}"}) for n in range(300)]
    reading = read(agent("root"), *calls, prices=prices)

    assert len(prices.asked) == 100
    assert reading.usage.unpriced == 200


OPERATIONS = ["chat", "embeddings", "execute_tool", "invoke_agent", "invoke_workflow", "task", "", "speech"]


@st.composite
def trees(draw: st.DrawFn) -> list[Span]:
    spans = []
    for number in range(draw(st.integers(1, 12))):
        tokens = draw(st.none() | st.builds(Tokens, st.integers(0, 3), st.integers(0, 3)))
        start = draw(st.integers(0, 5))
        spans.append(
            span(
                f"s{number}",
                f"s{draw(st.integers(0, number - 1))}" if number else None,
                start,
                start + draw(st.integers(0, 5)),
                service=draw(st.sampled_from(["a", "b"])),
                kind=draw(st.sampled_from(["internal", "client"])),
                attributes={"otel.scope.name": draw(st.sampled_from(["", "x", "y"]))},
                work={
                    "operation": draw(st.sampled_from(OPERATIONS)),
                    "agent": draw(st.sampled_from(["", "p", "q"])),
                    "model": draw(st.sampled_from(["", "m"])),
                    "tokens": tokens,
                    "cost": draw(st.none() | st.sampled_from([0.0, 1.0])),
                },
            )
        )
    return spans


@settings(max_examples=60)
@given(trees())
def test_the_whole_is_the_sum_of_what_is_each_spans_own(spans: list[Span]) -> None:
    reading = read(*spans, prices=Dollars())

    total = sum(reading.own.values(), NO_USAGE)
    said = sum((one.work.tokens.total for one in spans if one.work.tokens), 0)
    assert (total.tokens, total.unpriced) == (reading.usage.tokens, reading.usage.unpriced)
    assert math.isclose(total.cost or 0, reading.usage.cost or 0)
    assert total.tokens.total <= said
    assert (total.tokens.total > 0) == (said > 0)


def test_a_call_that_lost_its_parent_is_no_part_of_the_call_that_stands_for_the_root() -> None:
    reading = read(call("a", None, 0, 9, 10, 1), call("b", None, 1, 2, 20, 2), call("c", "lost", 3, 4, 40, 4))

    assert reading.usage.tokens == Tokens(70, 7)
