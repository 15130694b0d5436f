"""Where spans go, from arguments and variables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.export import otlp
from weft.export.otlp import Destination, destination


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_by_default_it_is_http_to_localhost() -> None:
    assert destination() == Destination("http/protobuf", "http://localhost:4318/v1/traces")


@pytest.mark.parametrize(
    ("arguments", "variables", "protocol", "url"),
    [
        ({"endpoint": "http://a:1"}, {}, "http/protobuf", "http://a:1/v1/traces"),
        ({"endpoint": "http://a:1/"}, {}, "http/protobuf", "http://a:1/v1/traces"),
        ({"endpoint": "https://a/base/"}, {}, "http/protobuf", "https://a/base/v1/traces"),
        ({"endpoint": "http://a:1/v1/traces"}, {}, "http/protobuf", "http://a:1/v1/traces"),
        ({"endpoint": "a:1"}, {}, "http/protobuf", "http://a:1/v1/traces"),
        ({"endpoint": "http://[::1]:4318"}, {}, "http/protobuf", "http://[::1]:4318/v1/traces"),
        ({}, {"ENDPOINT": "http://b:2"}, "http/protobuf", "http://b:2/v1/traces"),
        ({}, {"TRACES_ENDPOINT": "http://c:3/exactly"}, "http/protobuf", "http://c:3/exactly"),
        (
            {},
            {"TRACES_ENDPOINT": "http://c:3/x", "ENDPOINT": "http://b:2"},
            "http/protobuf",
            "http://c:3/x",
        ),
        (
            {"endpoint": "http://a:1"},
            {"TRACES_ENDPOINT": "http://c:3"},
            "http/protobuf",
            "http://a:1/v1/traces",
        ),
        ({"protocol": "grpc"}, {}, "grpc", "http://localhost:4317"),
        ({}, {"PROTOCOL": "grpc"}, "grpc", "http://localhost:4317"),
        (
            {},
            {"TRACES_PROTOCOL": "http/protobuf", "PROTOCOL": "grpc"},
            "http/protobuf",
            "http://localhost:4318/v1/traces",
        ),
        (
            {"protocol": "http/protobuf"},
            {"PROTOCOL": "grpc"},
            "http/protobuf",
            "http://localhost:4318/v1/traces",
        ),
        ({"protocol": "grpc", "endpoint": "https://a:1"}, {}, "grpc", "https://a:1"),
    ],
)
def test_an_argument_wins_over_the_signals_variable_and_that_over_the_general_one(
    arguments: dict[str, Any],
    variables: dict[str, str],
    protocol: str,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{name}", value)
    found = destination(**arguments)
    assert (found.protocol, found.url) == (protocol, url)
    assert said(caplog) == []


@pytest.mark.parametrize(
    "endpoint",
    ["http://", "ftp://a", "http://a:port", "http://a:99999", "http://a b", "http://[::1", "", "http:///x"],
)
def test_a_bad_endpoint_is_one_line_and_the_next_in_line_is_taken(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://b:2")
    assert destination(endpoint).url == "http://b:2/v1/traces"
    (line,) = said(caplog)
    assert line.startswith("weft: endpoint= is ")


def test_a_bad_protocol_is_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
    assert destination().protocol == "http/protobuf"
    (line,) = said(caplog)
    assert "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json'" in line


def test_the_port_of_grpc_with_http_is_pointed_out(caplog: pytest.LogCaptureFixture) -> None:
    assert destination("http://a:4317").url == "http://a:4317/v1/traces"
    (line,) = said(caplog)
    assert "4318" in line


def test_grpc_that_is_not_installed_becomes_http_with_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(otlp, "find_spec", lambda name: None)
    assert destination("http://a:4317", "grpc") == Destination("http/protobuf", "http://a:4318/v1/traces")
    (line,) = said(caplog)
    assert "pip install '.[grpc]' in your clone of Weft" in line


def test_headers_are_those_of_the_environment_and_the_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=2")
    assert destination(headers={"B": "3"}).headers == {"a": "1", "b": "3"}
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "c=4")
    assert destination().headers == {"c": "4"}


def test_secrets_are_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    found = destination("http://user:secret@a:1", headers={"authorization": "secret"})
    destination("http://user:secret@a:port")
    assert "secret" not in str(found)
    assert "secret" not in " ".join(said(caplog))
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "http://user:sec@secret@a:1",
        "http://a:1/v1/traces?token=secret",
        "http://a:1#secret",
        "http://secret@a",
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, caplog: pytest.LogCaptureFixture) -> None:
    assert "secret" not in str(destination(url))
    assert str(destination(url)).startswith("http://")
    destination(url.replace("a", "a b"))
    assert "not a URL" in " ".join(said(caplog))
    assert "secret" not in " ".join(said(caplog))


def test_a_token_that_was_read_from_a_file_is_sent_without_its_newline(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert destination(headers={"authorization": "Bearer secret\n"}).headers == {
        "authorization": "Bearer secret"
    }
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer secret\n")
    assert destination().headers == {"authorization": "Bearer secret"}
    assert said(caplog) == []


def test_a_header_that_cannot_be_sent_is_one_line_without_its_value(caplog: pytest.LogCaptureFixture) -> None:
    assert destination(headers={"a": "secret\r\nb: c", "d": "e\tf"}).headers == {"d": "e\tf"}
    (line,) = said(caplog)
    assert "'a'" in line
    assert "secret" not in line


anything = (
    st.none() | st.text() | st.integers() | st.binary() | st.dictionaries(st.text(), st.text(), max_size=2)
)


@settings(deadline=None)
@given(anything, anything, anything)
def test_no_argument_makes_it_raise(endpoint: Any, protocol: Any, headers: Any) -> None:
    assert isinstance(destination(endpoint, protocol, headers), Destination)


def test_an_entry_of_the_headers_variable_that_cannot_be_read_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization: Bearer s3cr3t, x-team=a%20b=c,,Key = v")
    assert destination().headers == {"x-team": "a b=c", "key": "v"}
    (line,) = [record.getMessage() for record in caplog.records]
    assert "OTEL_EXPORTER_OTLP_HEADERS" in line
    assert "s3cr3t" not in line
