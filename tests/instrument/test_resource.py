"""Who is speaking."""

from __future__ import annotations

import os
import socket

import pytest

import weft
from weft.instrument.resource import resource


def test_the_process_is_described() -> None:
    attributes = resource("agent", "1.0", None).attributes
    assert attributes["service.name"] == "agent"
    assert attributes["service.version"] == "1.0"
    assert attributes["host.name"] == socket.gethostname()
    assert attributes["process.pid"] == os.getpid()
    assert attributes["telemetry.sdk.name"] == "opentelemetry"
    assert attributes["telemetry.distro.version"] == weft.__version__
    assert attributes["service.instance.id"]


def test_arguments_win_over_variables_and_these_over_what_is_detected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=v,service.version=v,host.name=v,a=v,b=v")
    attributes = resource("argument", None, {"a": "argument"}).attributes
    assert [attributes[key] for key in ("service.name", "service.version", "host.name", "a", "b")] == [
        "argument", "v", "v", "argument", "v",
    ]  # fmt: skip


def test_the_service_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "from-variable")
    assert resource(None, None, None).attributes["service.name"] == "from-variable"


def test_without_any_name_the_service_is_unknown() -> None:
    assert str(resource(None, None, None).attributes["service.name"]).startswith("unknown_service")


@pytest.mark.parametrize("wrong", [7, "text", ["a"]])
def test_attributes_that_are_no_mapping_are_left_out(wrong: object) -> None:
    assert resource("agent", None, wrong).attributes["service.name"] == "agent"  # type: ignore[arg-type]  # the mistake
