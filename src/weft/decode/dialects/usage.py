"""What token counts and costs add up to. Sources differ in what they count within what."""

from collections.abc import Mapping
from typing import Final

from weft.decode.dialects.dialect import Field
from weft.model.work import Tokens

TOKENS: Final[tuple[Field, ...]] = ("input", "output", "total", "cache_read", "cache_write", "reasoning")


def tokens(said: Mapping[Field, float], *, apart: bool) -> Tokens | None:
    """Put counts together.

    What came from a cache or went there is part of the input. A source that counts it apart says so; and
    where it is more than the input, it must have been (the Anthropic SDK's own figures, copied as they
    are). The same holds of what was thought and what was written.

    Args:
        said: Counts by their field.
        apart: Whether `input` leaves out the tokens of the cache.

    Returns:
        None when nothing was said.
    """
    if not any(field in said for field in TOKENS):
        return None
    total = said.get("total", 0.0)
    read = said.get("input", max(0.0, total - said.get("output", 0.0)))
    wrote = said.get("output", max(0.0, total - read))
    cache = said.get("cache_read", 0.0) + said.get("cache_write", 0.0)
    thought = said.get("reasoning", 0.0)
    return Tokens(
        input=int(read + cache if apart or cache > read else read),
        output=int(wrote + thought if thought > wrote else wrote),
        cache_read=int(said.get("cache_read", 0.0)),
        cache_write=int(said.get("cache_write", 0.0)),
        reasoning=int(thought),
    )


def cost(said: Mapping[Field, float]) -> float | None:
    """The cost in US dollars: what is said to be all of it, or else the sum of the parts that are said."""
    if "cost" in said:
        return said["cost"]
    if "input_cost" in said or "output_cost" in said:
        return said.get("input_cost", 0.0) + said.get("output_cost", 0.0)
    return None
