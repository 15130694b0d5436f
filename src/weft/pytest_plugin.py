"""Weft's pytest plugin.

Every test suite loads it where Weft is installed, so nothing is imported before a fixture is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from weft.testing import Traces


@pytest.fixture
def weft_traces() -> Iterator[Traces]:
    """The traces of the spans that begin in the test process during the test."""
    from weft.testing import caught_spans  # noqa: PLC0415 - see above

    with caught_spans() as traces:
        yield traces


@pytest.fixture
def weft_backend() -> Traces:
    """The traces that begin during the test, as they arrive at the backend at WEFT_URL or on this machine."""
    from weft.testing import backend_traces  # noqa: PLC0415 - see above

    return backend_traces()
