"""Attaching a context for a block."""

from __future__ import annotations

import contextvars
import logging

import pytest
from opentelemetry.context import Context, attach, get_current

from weft.context.current import attached, restore


def test_the_context_is_current_inside_the_block_and_gone_after_it() -> None:
    before = get_current()
    with attached(Context({"key": "value"})) as context:
        assert get_current() is context
        assert get_current()["key"] == "value"
    assert get_current() == before


def test_the_context_is_gone_after_a_failure_too() -> None:
    before = get_current()
    with pytest.raises(KeyError), attached(Context({"key": "value"})):
        raise KeyError
    assert get_current() == before


def test_what_is_no_context_leaves_the_current_one_alone() -> None:
    before = get_current()
    with attached({"traceparent": "00-…"}):  # type: ignore[arg-type]  # the mistake under test
        assert get_current() == before


def test_restoring_in_a_foreign_context_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    token = contextvars.copy_context().run(attach, Context({"key": "value"}))
    with caplog.at_level(logging.DEBUG):
        restore(token)
    assert not caplog.records
