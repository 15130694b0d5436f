"""A stretch of time as a bar."""

from collections.abc import Sequence
from dataclasses import replace

from weft.present.terminal.glyphs import Glyphs


def bar(start_ns: int, end_ns: int, span_ns: int, cells: int, draw: Glyphs) -> str:
    """Draw a stretch of time to the half cell; the shortest takes half a cell.

    Args:
        start_ns: Its start, counted from the left edge.
        end_ns: Its end, counted from the left edge.
        span_ns: The time between the edges.
        cells: Cells between the edges.
        draw: The characters.
    """
    halves = 2 * cells
    if span_ns <= 0:
        return draw.bar * cells
    left = min(max(0, start_ns * halves // span_ns), halves - 1)
    right = min(max(left + 1, -(-end_ns * halves // span_ns)), halves)
    blank = " " * (left // 2)
    if right - left == 1:
        return blank + (draw.bar_right if left % 2 else draw.bar_left)
    head, tail = left % 2, right % 2
    return (
        blank + draw.bar_right * head + draw.bar * ((right - tail - left - head) // 2) + draw.bar_left * tail
    )


def layered(
    stretch: tuple[int, int], over: Sequence[tuple[int, int]], span_ns: int, cells: int, draw: Glyphs
) -> str:
    """Draw a stretch of time thin, and stretches within it thick.

    Args:
        stretch: Its start and end, counted from the left edge.
        over: Starts and ends of what is drawn thick, so counted.
        span_ns: The time between the edges.
        cells: Cells between the edges.
        draw: The characters.
    """
    thin = replace(draw, bar=draw.rest, bar_left=draw.rest_left, bar_right=draw.rest_right)
    line = list(bar(*stretch, span_ns, cells, thin).ljust(cells))
    for start_ns, end_ns in over:
        for place, character in enumerate(bar(start_ns, end_ns, span_ns, cells, draw)):
            if character != " ":
                line[place] = character if line[place] in (" ", thin.bar_left, thin.bar_right) else draw.bar
    return "".join(line).rstrip()
