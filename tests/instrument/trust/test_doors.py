"""Doors: how a rule names where requests come in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.instrument.trust.doors import doors_of, normal


@pytest.mark.parametrize(
    ("door", "host", "port", "path"),
    [
        ("", "*", None, ""),
        ("*", "*", None, ""),
        ("/", "*", None, ""),
        ("*/", "*", None, ""),
        ("0.0.0.0", "*", None, ""),
        ("[::]:80", "*", 80, ""),
        (":8443", "*", 8443, ""),
        ("*:8443", "*", 8443, ""),
        ("0.0.0.0:8443", "*", 8443, ""),
        ("/public", "*", None, "/public"),
        ("/public/", "*", None, "/public"),
        ("/public/*", "*", None, "/public"),
        ("/public/v1", "*", None, "/public/v1"),
        ("/caf%C3%A9", "*", None, "/café"),
        ("/café", "*", None, "/café"),
        ("/a=b", "*", None, "/a=b"),
        ("/weft.Agent/Run", "*", None, "/weft.Agent/Run"),
        (":8443/public", "*", 8443, "/public"),
        ("10.0.0.5", "10.0.0.5", None, ""),
        ("10.0.0.5:80/hooks", "10.0.0.5", 80, "/hooks"),
        ("10.0.0.5:80/24", "10.0.0.5", 80, "/24"),
        ("::1", "::1", None, ""),
        ("[::1]", "::1", None, ""),
        ("[::1]:80/x", "::1", 80, "/x"),
        ("[FD00::1]:80", "fd00::1", 80, ""),
    ],
)
def test_a_door_is_a_listener_and_the_beginning_of_a_path(
    door: str, host: str, port: int | None, path: str
) -> None:
    ((listener, beginning),) = doors_of(door)
    assert (listener.name, listener.port, beginning) == (host, port, path)


def test_localhost_is_both_addresses_of_this_machine() -> None:
    assert [(listener.name, listener.port, path) for listener, path in doors_of("localhost:80/x")] == [
        ("127.0.0.0/8", 80, "/x"),
        ("::1", 80, "/x"),
    ]


@pytest.mark.parametrize(
    "door",
    [
        "public", "public/x", "agent.internal:80", "http://0.0.0.0:80/x", "https:443", "10.0.0.0/8",
        "10.0.0.5/32", "fd00::/8", ":0", ":65536", ":http", ":", "80:", "[::1", "::1:80:", "10.0.0.5:80:90",
        "/a b", "/..", "/.", "/%2E", "/a//b", "//a",
        "/a?b", "/a#b", "/pub*", "/*/x", "/**", "*.example.com", "**", " :80",
    ],
)  # fmt: skip
def test_what_names_no_listener_or_no_path_is_misspelt(door: str) -> None:
    assert doors_of(door) == []


@pytest.mark.parametrize(
    ("path", "same"),
    [
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b/"),
        ("//a///b", "/a/b"),
        ("/a/./b/.", "/a/b"),
        ("/a/../b", "/b"),
        ("/../../b", "/b"),
        ("/a/b/..", "/a"),
        ("/a/.../..b", "/a/.../..b"),
        ("/.well-known/x", "/.well-known/x"),
        ("", ""),
        ("*", "*"),
    ],
)
def test_a_path_is_normal_without_empty_and_dot_segments(path: str, same: str) -> None:
    assert normal(path) == same


@given(st.text(max_size=30) | st.text("/.*:[]0a", max_size=20))
def test_no_text_makes_either_raise(text: str) -> None:
    doors_of(text)
    assert normal(normal(text)) == normal(text)
