"""A policy that is put back after each test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from weft.instrument.trust import policy as policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def enforce() -> Iterator[Callable[..., None]]:
    """Put a policy into force, as `weft.init` does."""

    def put(**settings: Any) -> None:
        policies.enforce(policies.policy(**settings))

    before = policies.current()
    put()
    yield put
    policies.enforce(before)
