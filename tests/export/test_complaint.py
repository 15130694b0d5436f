"""Warnings that are not repeated on every span."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weft.export.complaint import Complaint

if TYPE_CHECKING:
    import pytest


def test_it_is_said_once_per_interval(caplog: pytest.LogCaptureFixture) -> None:
    complaint = Complaint(interval_s=3600)
    for number in range(10):
        complaint.say("lost %d", number)
    assert [record.getMessage() for record in caplog.records] == ["lost 0"]
    assert not complaint.due()


def test_it_is_said_again_after_the_interval(caplog: pytest.LogCaptureFixture) -> None:
    complaint = Complaint(interval_s=0)
    complaint.say("lost")
    complaint.say("lost")
    assert len(caplog.records) == 2
