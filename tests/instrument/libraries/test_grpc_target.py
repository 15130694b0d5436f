"""Where a channel's target goes, in every form that gRPC's doc/naming.md describes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.instrument.libraries.grpc.target import place


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("localhost:50051", ("localhost", 50051)),
        ("api.example.com", ("api.example.com", 443)),
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        ("[::1]:80", ("::1", 80)),
        ("[::1]", ("::1", 443)),
        ("::1", ("::1", 443)),
        ("dns:api.example.com:8443", ("api.example.com", 8443)),
        ("dns:///api.example.com:8443", ("api.example.com", 8443)),
        ("DNS:///api.example.com", ("api.example.com", 443)),
        ("dns://8.8.8.8/api.example.com:8443", ("api.example.com", 8443)),
        ("ipv4:10.0.0.1:80,10.0.0.2:81", ("10.0.0.1", 80)),
        ("ipv6:[2001:db8::1]:80", ("2001:db8::1", 80)),
        ("ipv6:%5B::1%5D:80", ("::1", 80)),
        ("xds:///greeter.example.com", ("greeter.example.com", 443)),
        ("google-c2p:///service.example.com:1", ("service.example.com", 1)),
        ("own://authority/service.example.com:1", ("service.example.com", 1)),
        ("unix:/run/agent.sock", ("", None)),
        ("unix:///run/agent.sock", ("", None)),
        ("unix-abstract:agent", ("", None)),
        ("vsock:2:1234", ("", None)),
        ("", ("", 443)),
    ],
)
def test_host_and_port_are_read(target: str, expected: tuple[str, int | None]) -> None:
    assert place(target) == expected


@given(st.text() | st.text("dnsipvux:/[].,%0123456789"))
def test_no_target_raises(target: str) -> None:
    host, port = place(target)
    assert isinstance(host, str)
    assert port is None or port >= 0
