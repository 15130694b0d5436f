"""``import weft`` is light: it loads nothing of the backend, and nothing else that is heavy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"pyarrow", "clickhouse_connect", "chdb", "grpc", "starlette", "pydantic", "rich", "ptars", "uvicorn"}

IMPORT = """
import json, sys, time
start = time.perf_counter()
import weft
seconds = time.perf_counter() - start
print(json.dumps([seconds, sorted({name.partition(".")[0] for name in sys.modules})]))
"""

USE = """
import json, sys, time
start = time.perf_counter()
import weft
weft.init("agent", endpoint="http://127.0.0.1:1")
with weft.agent("a"):
    weft.messages.unpack(weft.messages.pack(weft.inject()))
for name in weft.__all__:
    getattr(weft, name)
seconds = time.perf_counter() - start
print(json.dumps([seconds, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.mark.parametrize("script", [IMPORT, USE], ids=["import", "use"])
def test_the_agent_side_loads_nothing_of_the_backend(
    script: str, record_property: pytest.RecordProperty
) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    seconds, modules = json.loads(done.stdout)
    record_property("seconds", seconds)
    print(f"{seconds:.3f} s")  # shown by pytest -s or -rP; a loaded machine must not fail a test
    assert HEAVY & set(modules) == set()


def test_importing_loads_no_third_party_package() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    _, modules = json.loads(done.stdout)
    assert "opentelemetry" not in modules


def test_every_public_name_is_there() -> None:
    import weft

    for name in weft.__all__:
        assert getattr(weft, name) is not None
    assert dir(weft) == sorted(weft.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        weft.nothing  # type: ignore[attr-defined]  # noqa: B018 - looked up on purpose


def test_the_submodules_can_be_imported_from_the_package() -> None:
    from weft import messages, redis

    assert messages.unpack(messages.pack(1)).payload == 1
    assert callable(redis.process)
