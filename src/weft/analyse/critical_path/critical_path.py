"""The pass that finds the critical path and the slack."""

from dataclasses import replace

from weft.analyse.critical_path.moments import moments
from weft.analyse.critical_path.path import walk
from weft.analyse.critical_path.slack import slack
from weft.analyse.critical_path.waits import find_waits
from weft.analyse.reading import Reading


def find_critical_path(reading: Reading) -> Reading:
    """Fill in `critical_path` and `slack_ns`."""
    waits = find_waits(reading)
    reading = replace(reading, critical_path=walk(reading, waits))
    return replace(reading, slack_ns=slack(reading, waits, moments(reading, waits)))
