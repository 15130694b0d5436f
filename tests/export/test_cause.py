"""What the exporters log while they retry."""

from __future__ import annotations

import logging
import threading

import pytest
from opentelemetry.sdk.trace.export import SpanExportResult
from tests.otlp_receiver import otlp_receiver
from tests.servers import free_port

from weft.export.cause import EXPORTER_LOGGERS, Cause
from weft.export.otlp import destination


@pytest.mark.parametrize(
    ("protocol", "words"), [("http/protobuf", "Connection refused"), ("grpc", "refused")]
)
def test_the_cause_of_a_failed_export_is_kept_in_few_words(
    protocol: str, words: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1.5")
    exporter = destination(f"http://127.0.0.1:{free_port()}", protocol).exporter()
    with Cause(threading.get_ident()) as cause:
        assert exporter.export([]) is SpanExportResult.FAILURE
        exporter.shutdown()
    assert words in cause.text
    assert "HTTPConnectionPool" not in cause.text
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_the_answer_of_a_backend_that_refuses_is_a_cause() -> None:
    with otlp_receiver() as receiver, Cause(threading.get_ident()) as cause:
        receiver.status = 400
        exporter = destination(receiver.endpoint).exporter()
        assert exporter.export([]) is SpanExportResult.FAILURE
        exporter.shutdown()
    assert "400" in cause.text


def test_exporters_in_other_threads_log_as_ever(caplog: pytest.LogCaptureFixture) -> None:
    with Cause(threading.get_ident()) as cause:
        other = threading.Thread(target=logging.getLogger(EXPORTER_LOGGERS[0]).warning, args=("theirs",))
        other.start()
        other.join()
    assert [record.getMessage() for record in caplog.records] == ["theirs"]
    assert cause.text == ""


def test_after_the_block_everything_is_logged_again(caplog: pytest.LogCaptureFixture) -> None:
    with Cause(threading.get_ident()):
        logging.getLogger(EXPORTER_LOGGERS[0]).warning("kept back")
    logging.getLogger(EXPORTER_LOGGERS[0]).warning("logged")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "logged"
    ]
