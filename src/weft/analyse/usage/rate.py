"""What the tokens of one model cost."""

from dataclasses import dataclass
from typing import Final, Protocol

from weft.model.work import Tokens

_MILLION: Final = 1_000_000

Steps = tuple[tuple[int, float], ...]
"""US dollars per million tokens, each behind the input tokens that a call must exceed for it; -1 is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Prices of one model at one time. What has no price of its own costs what its kind costs.

    Attributes:
        input: Of what was read.
        output: Of what was written.
        cache_read: Of what came from a cache.
        cache_write: Of what was put into a cache.
        reasoning: Of what was thought and not said.
        call: US dollars for a call, whatever its tokens.
    """

    input: Steps = ()
    output: Steps = ()
    cache_read: Steps = ()
    cache_write: Steps = ()
    reasoning: Steps = ()
    call: float = 0.0

    def cost(self, tokens: Tokens) -> float:
        """Say what a call with these tokens costs, in US dollars."""
        size = tokens.input
        read, write, thought = tokens.cache_read, tokens.cache_write, tokens.reasoning
        # A part that is larger than the whole was counted by somebody else's rules: nothing is taken off.
        plain = max(0, size - read - write)
        said = max(0, tokens.output - thought)
        return (
            self.call
            + (
                plain * _at(self.input, size)
                + read * _at(self.cache_read or self.input, size)
                + write * _at(self.cache_write or self.input, size)
                + said * _at(self.output, size)
                + thought * _at(self.reasoning or self.output, size)
            )
            / _MILLION
        )


def _at(steps: Steps, size: int) -> float:
    """Find the price for a call of this many input tokens: all its tokens have the price of the last step."""
    if len(steps) == 1:
        return steps[0][1]
    dollars = 0.0
    for above, price in steps:
        if size > above:
            dollars = price
    return dollars


def flat(dollars: float) -> Steps:
    """A price that is the same for every call."""
    return ((-1, dollars),)


FREE: Final = Rate()


class Prices(Protocol):
    """A table of prices."""

    def rate(self, provider: str, model: str, at_ns: int) -> Rate | None:
        """Find what a model costs.

        Args:
            provider: Who runs the model, as the span names it; may be empty. Untrusted.
            model: The model, as the span names it. Untrusted.
            at_ns: When it was called, nanoseconds since the Unix epoch.

        Returns:
            Its prices; None when they are not known.
        """


class NoPrices:
    """A table with nothing in it: costs are what spans say."""

    def rate(self, provider: str, model: str, at_ns: int) -> Rate | None:  # noqa: ARG002 - as every table
        """Know no price."""
        return None


NO_PRICES: Final = NoPrices()
