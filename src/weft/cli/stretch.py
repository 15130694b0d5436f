"""The options of commands that ask about many traces."""

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from weft.cli.duration import DURATION
from weft.model.stretch import Stretch

MOST_STEPS: Final = 1_000
_DAY_NS: Final = 86_400 * 10**9

Command = TypeVar("Command", bound=Callable[..., Any])


def stretch_options(command: Command) -> Command:
    """Add the options that say which time is meant, and how it is told."""
    since = click.option(
        "--since",
        type=DURATION,
        default="24h",
        show_default=True,
        metavar="TIME",
        help="The time until now: 30m, 24h, 7d.",
    )
    every = click.option("--every", type=DURATION, metavar="TIME", help="Tell steps of time apart: 10m, 1h.")
    limit = click.option(
        "--limit",
        type=click.IntRange(1, 1000),
        default=100,
        show_default=True,
        metavar="N",
        help="At most so many.",
    )
    return since(every(limit(command)))


def stretch(since: int, every: int | None, limit: int) -> Stretch:
    """Make a question's time of the options.

    Raises:
        click.UsageError: There are too many steps.
    """
    every = every or 0
    if every and since // every >= MOST_STEPS:
        raise click.UsageError(
            f"--every makes {since // every:,} steps of that time, and {MOST_STEPS:,} are too many; "
            "take longer ones (--every), or less time (--since)"
        )
    end_ns = time.time_ns()
    return Stretch(start_ns=max(0, end_ns - since), end_ns=end_ns, every_ns=every, limit=limit)
