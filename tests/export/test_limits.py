"""OTEL_BSP_* variables."""

from __future__ import annotations

import pytest

from weft.export.limits import QueueLimits


def test_the_variables_set_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "250")
    assert QueueLimits.from_environment() == QueueLimits(max_spans=100, batch_spans=10, delay_s=0.25)


def test_a_batch_is_never_larger_than_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100")
    assert QueueLimits.from_environment().batch_spans == 100


@pytest.mark.parametrize("value", ["0", "-1", "many", "1e3", "9" * 30, "²"])
def test_a_value_that_is_no_number_costs_one_line_and_keeps_the_default(
    value: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", value)
    assert QueueLimits.from_environment() == QueueLimits()
    (record,) = caplog.records
    assert "OTEL_BSP_MAX_QUEUE_SIZE" in record.getMessage()
