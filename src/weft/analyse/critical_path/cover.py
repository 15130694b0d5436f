"""For every span the nearest one above that does not end before it."""

from collections.abc import Sequence


def covers(parents: Sequence[int], end_ns: Sequence[int]) -> list[int]:
    """Find the covers in O(log n) a span, whatever the tree looks like.

    The covers of a span, one above the other, end later and later. Each knows the next one and one further up
    (E. W. Myers, An applicative random-access stack, 1983), so that a deep chain is climbed in few steps.

    Args:
        parents: For each of n spans the index of its parent, which is smaller than its own; -1 of the root.
        end_ns: n times.

    Returns:
        For each span the index of its cover; -1 for none.
    """
    found: list[int] = []
    depths: list[int] = []  # how many covers are above each span
    jumps: list[int] = []  # the index of the one further up; -1 for none
    for parent, ends_ns in zip(parents, end_ns, strict=True):
        cover = parent
        while cover >= 0 and end_ns[cover] < ends_ns:
            far = jumps[cover]
            cover = far if far >= 0 and end_ns[far] < ends_ns else found[cover]
        found.append(cover)
        if cover < 0:
            depths.append(0)
            jumps.append(-1)
            continue
        near, depth = jumps[cover], depths[cover]
        far = jumps[near] if near >= 0 else -1
        equal = far >= 0 and depth - depths[near] == depths[near] - depths[far]
        depths.append(depth + 1)
        jumps.append(far if equal else cover)
    return found
