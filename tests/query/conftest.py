"""A store for each file of tests, and a service for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.query.house import House
from tests.sent import fresh

from weft.app import open_pipeline
from weft.decode.request import decode
from weft.receive.intake import Intake


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data: Path = tmp_path_factory.mktemp("data")
    with open_pipeline(data, 256 << 20) as pipeline:
        intake = Intake(decode, pipeline.journal, pipeline.indexer.deliver)
        yield House(pipeline, intake)
        intake.close()


@pytest.fixture
def service() -> str:
    """A service name that no other test uses."""
    return f"service-{fresh()}"
