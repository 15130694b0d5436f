"""The pass that counts tokens and cost."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from weft.analyse.reading import Pass, Reading
from weft.analyse.usage.rate import Prices, Rate
from weft.analyse.usage.said import Said, Scopes, is_call, what_is_said
from weft.analyse.usage.twice import seen_twice
from weft.model.usage import NO_USAGE, Usage, total
from weft.model.work import Tokens, Work

_MODELS: Final = 100
"""Models of one trace whose price is looked up: a lookup takes up to half a millisecond, and the names are
whatever a trace says."""
_MINUTE_NS: Final = 60 * 10**9


def count_usage(prices: Prices) -> Pass:
    """Make the pass that fills in `usage`, `own` and `inclusive`.

    - A call that several instrumentations saw, one around the other or side by side, is counted where it was
      seen from nearest; what another one says in more detail is taken over. Attempts are calls of their own.
    - What an agent, a workflow or a tool says that it took is a sum: it counts only when nothing below it
      says any. Where the sum is another than that of the calls, the calls are believed.
    - A cost that a span says is believed before a price from the table, also that of a sum over calls which
      do not say theirs. These then have no cost of their own. A cost of 0 is believed where the table has no
      price: some write it when they know none.
    - Tokens without a known price are counted as such in `unpriced`.
    """

    def count(reading: Reading) -> Reading:
        said = what_is_said(reading)
        if not said.tokens and not said.costs:
            return reading
        own = _own(reading, said, prices)
        inclusive = _sum(reading, own)
        return replace(reading, own=own, inclusive=inclusive, usage=inclusive.get(0, NO_USAGE))

    return count


def _own(reading: Reading, said: Said, prices: Prices) -> Mapping[int, Usage]:
    scopes = Scopes(reading)
    tokens = _tokens_once(reading, said, scopes)
    repeated = scopes.repeated(said.costs)
    costs = {index: cost for index, cost in said.costs.items() if index not in repeated}
    _drop_twins(reading, tokens, costs)
    # Whose cost another span says: those below a sum, and a sum over some that say theirs.
    paid = scopes.under({index for index in costs if index not in tokens}) | repeated
    table = _Table(prices)
    own: dict[int, Usage] = {}
    for index in sorted({*tokens, *costs}):
        took = tokens.get(index)
        if took is None:
            own[index] = Usage(cost=costs[index])
        elif index in costs or index in paid:
            own[index] = Usage(took, costs.get(index))
        else:
            own[index] = table.price(reading, index, took)
    return own


def _tokens_once(reading: Reading, said: Said, scopes: Scopes) -> dict[int, Tokens]:
    """Leave out the spans that speak for others, but keep what only they tell of a call."""
    repeated = scopes.repeated(said.tokens)
    counted = {index: took for index, took in said.tokens.items() if index not in repeated}
    # From the bottom up: the nearest of those that say more counts.
    around = [index for index in sorted(repeated, reverse=True) if is_call(reading, index)]
    single = scopes.single(counted) if around else {}
    for index in around:
        call = single.get(index)
        if call is not None:
            counted[call] = _fuller(counted[call], said.tokens[index])
    return counted


def _drop_twins(reading: Reading, tokens: dict[int, Tokens], costs: dict[int, float]) -> None:
    """Count a call that was seen side by side where the last span of it began, which is the innermost."""
    calls = {index: took for index, took in tokens.items() if is_call(reading, index)}
    for *others, kept in seen_twice(reading, calls):
        for other in others:
            tokens[kept] = _fuller(tokens[kept], tokens.pop(other))
            cost = costs.pop(other, None)
            if cost is not None:
                costs.setdefault(kept, cost)


def _fuller(near: Tokens, far: Tokens) -> Tokens:
    """Take the one that tells more kinds of tokens apart."""
    return far if _kinds(far) > _kinds(near) else near


def _kinds(tokens: Tokens) -> int:
    counts = (tokens.input, tokens.output, tokens.cache_read, tokens.cache_write, tokens.reasoning)
    return sum(count > 0 for count in counts)


class _Table:
    """The table of prices, asked for a bounded number of models."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._models: set[tuple[str, str]] = set()
        self._rates: dict[tuple[str, str, int], Rate | None] = {}

    def price(self, reading: Reading, index: int, tokens: Tokens) -> Usage:
        work = reading.tree.spans[index].work
        key = (work.provider, work.model, reading.start_ns[index] // _MINUTE_NS)
        if key not in self._rates:
            self._rates[key] = self._look_up(work, reading.start_ns[index])
        rate = self._rates[key]
        if rate is not None:
            return Usage(tokens, rate.cost(tokens))
        return Usage(tokens, 0.0) if work.cost == 0 else Usage(tokens, None, 1)

    def _look_up(self, work: Work, at_ns: int) -> Rate | None:
        self._models.add((work.provider, work.model))
        return self._prices.rate(work.provider, work.model, at_ns) if len(self._models) <= _MODELS else None


def _sum(reading: Reading, own: Mapping[int, Usage]) -> Mapping[int, Usage]:
    parents = reading.tree.parents
    parts: dict[int, list[Usage]] = {index: [usage] for index, usage in own.items()}
    inclusive: dict[int, Usage] = {}
    for index in range(len(parents) - 1, -1, -1):
        found = parts.get(index)
        if found is not None:
            inclusive[index] = usage = found[0] if len(found) == 1 else total(found)
            if index:
                parts.setdefault(parents[index], []).append(usage)
    return inclusive
