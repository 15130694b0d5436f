"""What the analysis says that less work would save is what the program saves when it works less."""

import random

from hypothesis import given
from tests.analyse.critical_path.simulator import Body, Call, Gather, Inside, Run, Together, Work, program
from tests.analyse.critical_path.test_path import shapes
from tests.analyse.traces import MS, span, trace

from weft.analyse.critical_path.saving import Savings
from weft.analyse.explain import read
from weft.model.span import Span
from weft.model.trace import Trace

NEAR_NS = 50  # the simulator and the analysis each round what is left of every stretch


def right_and_all(seeds: range, *, tells: bool) -> tuple[int, int]:
    """How many predictions came true, over programs made up from these seeds, and how many there were."""
    right = count = 0
    for seed in seeds:
        rng = random.Random(seed)
        body = program(rng, rng.randrange(1, 4), tells=tells)
        run = Run(body)
        reading = read(run.trace)
        savings = Savings(reading)
        for index, each in enumerate(reading.tree.spans):
            if each.kind in ("client", "producer"):
                continue  # what these do is the network's
            left = rng.choice(((0, 1), (1, 2), (9, 10)))
            again = Run(body, {int(each.span_id, 16): left})
            own_ns = savings.own_ns(index)
            said_ns = savings.saving_ns(index, own_ns - own_ns * left[0] // left[1])
            if again.spans != run.spans or said_ns == 0:
                count += 1
                right += abs(run.end_ns - again.end_ns - said_ns) <= NEAR_NS
    return right, count


def test_less_work_saves_what_was_predicted() -> None:
    right, count = right_and_all(range(40), tells=False)

    # A function that happens to end before its next sibling begins looks as if that had waited for it.
    assert count > 500
    assert right / count >= 0.99


def test_so_it_does_among_messages_that_nobody_answers() -> None:
    right, count = right_and_all(range(40), tells=True)

    # A message's work that ends just before its sender does something looks as if the sender had waited.
    assert count > 500
    assert right / count >= 0.97


def test_of_two_at_once_the_shorter_one_saves_nothing() -> None:
    both = (Inside(Body("a", (Work(30 * MS),))), Inside(Body("a", (Work(20 * MS),))))
    reading = read(Run(Body("a", (Together(both, 0), Work(MS)))).trace)

    saved = {each.span_id: Savings(reading).saving_ns(i) for i, each in enumerate(reading.tree.spans)}

    assert sorted(saved.values()) == [0, MS, 10 * MS]


def test_a_call_saves_all_that_its_server_does_less() -> None:
    run = Run(Body("a", (Work(MS), Call(Body("b", (Work(20 * MS),)), MS, MS), Work(MS))))
    reading = read(run.trace)
    server = next(i for i, each in enumerate(reading.tree.spans) if each.kind == "server")

    assert Savings(reading).saving_ns(server) == 20 * MS
    assert Savings(reading).saving_ns(server, 5 * MS) == 5 * MS


def test_a_span_that_began_after_a_linked_one_comes_earlier_with_it() -> None:
    some = (Inside(Body("a", (Work(30 * MS),))), Inside(Body("a", (Work(10 * MS),))))
    reading = read(Run(Body("a", (Gather(some, Body("a", (Work(MS),)), 0),))).trace)

    saved = [Savings(reading).saving_ns(index) for index in range(len(reading.tree.spans))]

    assert 20 * MS in saved


def test_a_caller_that_gave_up_is_not_faster_for_a_server_that_goes_on_less_long() -> None:
    reading = read(
        trace(
            span("root", None, 0, 100),
            span("call", "root", 0, 50, kind="client"),
            span("slow", "call", 1, 90, service="other", kind="server"),
        )
    )
    slow = next(i for i, each in enumerate(reading.tree.spans) if each.name == "slow")

    assert Savings(reading).saving_ns(slow, 30 * MS) == 0
    assert Savings(reading).saving_ns(slow, 60 * MS) == 20 * MS


def test_work_that_begins_after_everything_takes_nothing_from_what_was_before() -> None:
    reading = read(
        trace(
            span("root", None, 0, 100),
            span("chat", "root", 10, 90),
            span("late", "root", 120, 130, service="w"),
        )
    )
    saved = {each.name: Savings(reading).saving_ns(i) for i, each in enumerate(reading.tree.spans)}
    slack = {each.name: reading.slack_ns[i] for i, each in enumerate(reading.tree.spans)}

    assert saved == {"root": 20 * MS, "chat": 80 * MS, "late": 0}
    assert slack == {"root": 0, "chat": 0, "late": None}


def test_a_child_whose_clock_is_early_changes_no_other_saving() -> None:
    reading = read(
        trace(
            span("root", None, 0, 100),
            span("call", "root", 10, 50, kind="client"),
            span("serve", "call", 8, 49, kind="server", service="w"),
            span("chat", "serve", 9, 48, service="w"),
        )
    )
    saved = {each.name: Savings(reading).saving_ns(i) for i, each in enumerate(reading.tree.spans)}

    assert saved["chat"] == 39 * MS
    assert all(0 <= each <= 100 * MS for each in saved.values())


def test_less_of_the_work_saves_no_more_than_was_taken_away() -> None:
    reading = read(trace(span("root", None, 0, 100), span("a", "root", 10, 50), span("b", "root", 30, 95)))

    assert Savings(reading).own_ns(0) == 35 * MS
    assert Savings(reading).saving_ns(0, 7 * MS) == 7 * MS


def test_a_worker_that_has_answered_has_the_slack_of_its_answer() -> None:
    def worker(name: str, until: float) -> list[Span]:
        return [
            span(f"s{name}", "root", 1, 2, kind="producer"),
            span(f"w{name}", f"s{name}", 3, until, service=name, kind="consumer"),
            span(f"r{name}", f"w{name}", until - 2, until - 1, service=name, kind="producer"),
            span(f"g{name}", f"r{name}", until, until + 1, kind="consumer"),
        ]

    reading = read(trace(span("root", None, 0, 100), *worker("x", 50), *worker("y", 90)))
    slack = {each.name: reading.slack_ns[i] for i, each in enumerate(reading.tree.spans)}

    assert slack["wy"] == 0
    assert slack["wx"] == slack["gx"] == 40 * MS


@given(shapes())
def test_no_saving_is_negative_or_more_than_there_was(given_trace: Trace) -> None:
    reading = read(given_trace)
    savings = Savings(reading)
    whole_ns = reading.end_ns[0] - reading.start_ns[0]

    for index in range(len(reading.tree.spans)):
        assert savings.saving_ns(index) >= 0
        assert savings.own_ns(index) >= 0
    assert savings.saving_ns(0) <= whole_ns
