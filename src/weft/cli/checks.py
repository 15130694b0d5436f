"""The options that name checks."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import click

from weft.analyse.checks.check import Check
from weft.analyse.checks.connection import no_orphans, one_root
from weft.analyse.checks.errors import no_error_origin, no_loops
from weft.analyse.checks.limits import (
    cost_below,
    no_hand_off_above,
    no_longer_than,
    spans_at_least,
    tokens_below,
)
from weft.analyse.checks.order import agents_in_order
from weft.cli.duration import DURATION

Command = Callable[..., Any]


def check_options(command: Command) -> Command:
    """Add the options; the command gets their values as keywords, for `chosen`."""
    for option in reversed(
        (
            click.option("--one-trace", is_flag=True, help="All that is found is one trace with one root."),
            click.option("--no-orphans", is_flag=True, help="Every span's parent is there."),
            click.option("--no-errors", is_flag=True, help="No error begins in it."),
            click.option("--no-loops", is_flag=True, help="Nothing is done again and again."),
            click.option("--agents", metavar="A,B,C", help="These agents begin in this order."),
            click.option("--max-wait", type=DURATION, metavar="TIME", help="No hand-off waits longer."),
            click.option("--max-duration", type=DURATION, metavar="TIME", help="The whole takes no longer."),
            click.option("--max-tokens", type=click.IntRange(0), metavar="N", help="No more tokens."),
            click.option(
                "--max-cost",
                type=click.FloatRange(0),
                callback=_finite,
                metavar="USD",
                help="It costs no more.",
            ),
            click.option("--spans-at-least", type=click.IntRange(1), metavar="N", help="No fewer spans."),
        )
    ):
        command = option(command)
    return command


def _finite(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):  # a limit that nothing exceeds checks nothing
        raise click.BadParameter(f"{value} is not an amount", ctx, param)
    return value


def chosen(given: Mapping[str, Any]) -> list[Check]:
    """Make the checks that were named; without any: one root, no orphans, no error origin.

    Raises:
        UsageError: The names of agents are not names with commas between them.
    """
    makers: dict[str, Callable[[Any], Check]] = {
        "one_trace": lambda _: one_root(),
        "no_orphans": lambda _: no_orphans(),
        "no_errors": lambda _: no_error_origin(),
        "no_loops": lambda _: no_loops(),
        "agents": _agents,
        "max_wait": no_hand_off_above,
        "max_duration": no_longer_than,
        "max_tokens": tokens_below,
        "max_cost": cost_below,
        "spans_at_least": spans_at_least,
    }
    # Not `in (None, False)`: a limit of 0 is a limit.
    named = [
        make(given[name])
        for name, make in makers.items()
        if given[name] is not None and given[name] is not False
    ]
    return named or [one_root(), no_orphans(), no_error_origin()]


def _agents(names: str) -> Check:
    agents = [name.strip() for name in names.split(",")]
    if not all(agents):
        raise click.UsageError(f"--agents should be names with commas between them, not {names!a}")
    return agents_in_order(*agents)
