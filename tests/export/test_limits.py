"""OTEL_BSP_* and WEFT_SPOOL* variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from weft.export.limits import QueueLimits, SpoolLimits


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


def test_the_spool_is_in_the_users_state_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert SpoolLimits.from_environment() == SpoolLimits(tmp_path / "weft/spool", 256 << 20, 86400)
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert SpoolLimits.from_environment().directory == tmp_path / ".local/state/weft/spool"


def test_the_variables_set_the_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WEFT_SPOOL", str(tmp_path / "here"))
    monkeypatch.setenv("WEFT_SPOOL_MAX_BYTES", "64M")
    monkeypatch.setenv("WEFT_SPOOL_MAX_AGE", "2h")
    assert SpoolLimits.from_environment() == SpoolLimits(tmp_path / "here", 64 << 20, 7200)
    monkeypatch.setenv("WEFT_SPOOL", "off")
    assert SpoolLimits.from_environment().directory is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("1000", 1000), ("1k", 1024), ("2KiB", 2048), ("1GiB", 1 << 30)],
)
def test_bytes_may_have_a_unit(text: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_SPOOL_MAX_BYTES", text)
    assert SpoolLimits.from_environment().max_bytes == number


@pytest.mark.parametrize("text", ["0", "-1", "many", "1x", "1.5h", "9" * 30, "²"])
@pytest.mark.parametrize("variable", ["WEFT_SPOOL_MAX_BYTES", "WEFT_SPOOL_MAX_AGE"])
def test_a_limit_that_is_none_costs_one_line_and_keeps_the_default(
    variable: str, text: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(variable, text)
    limits = SpoolLimits.from_environment()
    assert (limits.max_bytes, limits.max_age_s) == (256 << 20, 86400)
    (record,) = caplog.records
    assert variable in record.getMessage()
