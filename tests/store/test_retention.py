"""What is older than the retention goes, a day at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.store.retention import expired

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("retention", "gone"),
    [
        (timedelta(days=30), []),
        (timedelta(days=2), ["2026-03-06", "2026-03-07"]),
        (timedelta(hours=36), ["2026-03-06", "2026-03-07", "2026-03-08"]),
        (timedelta(hours=12), ["2026-03-06", "2026-03-07", "2026-03-08", "2026-03-09"]),
    ],
)
def test_a_day_goes_when_all_of_it_is_older(retention: timedelta, gone: list[str]) -> None:
    days = ["2026-03-06", "2026-03-07", "2026-03-08", "2026-03-09", "2026-03-10"]
    assert expired(days, retention, NOON) == gone


@given(age_s=st.integers(0, 10**7), retention_s=st.integers(3600, 10**7))
def test_nothing_younger_than_the_retention_goes(age_s: int, retention_s: int) -> None:
    received = datetime.fromtimestamp(NOON - age_s, UTC)
    goes = expired([received.date().isoformat()], timedelta(seconds=retention_s), NOON)
    if age_s < retention_s:
        assert goes == []
    if age_s >= retention_s + 86_400:
        assert goes
