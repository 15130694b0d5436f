"""A store for each test: what waits is asked of all of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.query.house import House

from weft.app import open_pipeline
from weft.decode.request import decode
from weft.receive.intake import Intake


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A store of its own: what waits is asked of all of it."""
    with open_pipeline(tmp_path / "data", 256 << 20) as pipeline:
        intake = Intake(decode, pipeline.journal, pipeline.indexer.deliver)
        yield House(pipeline, intake)
        intake.close()
