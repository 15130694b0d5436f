"""Lines between limits."""

import random

from tests.analyse.clocks.world import S

from weft.analyse.clocks.line import Line, corners_of, envelope
from weft.analyse.clocks.record import Limits

LINES = (
    Line(0, 10 * S, 0, 100.0, 1.0, ((90.0, 1.0), (110.0, 1.0))),
    Line(20 * S, 30 * S, 0, 500.0, 0.0, ((480.0, 0.0), (520.0, 0.0))),
)


def test_all_lines_that_respect_the_limits_are_between_the_corners() -> None:
    chance = random.Random(2)
    limits = [
        Limits(at * S, 1000 + 30 * at - chance.randrange(900), 1000 + 30 * at + chance.randrange(900))
        for at in range(60)
    ]
    corners, dropped = corners_of(limits, 0, 0)
    assert dropped == 0
    for level, rate in corners:
        for each in limits:
            at = each.at_ns / S
            assert each.low_ns is not None
            assert each.high_ns is not None
            assert each.low_ns - 0.01 <= level + rate * at <= each.high_ns + 0.01
    # Each corner is where two limits meet: none could be moved outwards.
    tight = [
        min(min(abs(level + rate * each.at_ns / S - (edge or 0)) for edge in each[1:]) for each in limits)
        for level, rate in corners
    ]
    assert max(tight) < 0.01


def test_limits_that_contradict_the_first_ones_are_left_out() -> None:
    corners, dropped = corners_of([Limits(0, -5, 5), Limits(1, -4, 4), Limits(0, 90, 95)], 0, 0)
    assert dropped == 1
    assert all(-6 < level < 6 for level, _ in corners)


def test_within_the_evidence_the_limits_are_those_of_the_corners() -> None:
    assert envelope(LINES, 5 * S) == (105, 95, 115)


def test_beyond_the_evidence_the_limits_move_apart_by_five_ppm() -> None:
    assert envelope(LINES, 32 * S) == (500, 480 - 10_000, 520 + 10_000)


def test_between_two_lines_both_are_possible() -> None:
    assert envelope(LINES, 14 * S) == (114, 480 - 30_000, 520 + 30_000)
    assert envelope(LINES, 16 * S) == (500, 106 - 30_000, 126 + 30_000)


def test_where_there_is_seldom_evidence_the_limits_are_wider() -> None:
    often, seldom = (Line(0, 10 * S, 0, 0.0, 0.0, ((0.0, 0.0),), pause) for pause in (0, 2 * S))
    assert often.at(S).bound_ns == 0
    assert seldom.at(S).bound_ns == 5_000


def test_turned_it_is_the_first_clock_minus_the_second() -> None:
    assert LINES[0].turned().at(5 * S) == (-105, -115, -95)
