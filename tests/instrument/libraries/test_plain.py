"""Functions of the standard library stay what they are for whoever pickles, copies or looks at them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

SCRIPT = """
import asyncio, copy, inspect, json, os, pickle, sys
import weft

weft.init("a")
functions = {
    function.__name__: function
    for function in (asyncio.wait_for, asyncio.create_subprocess_exec, asyncio.create_subprocess_shell,
                     os.execv, os.execve, os.posix_spawn, os.posix_spawnp)
}
for name, function in functions.items():
    assert hasattr(function, "__wrapped__") or (name == "wait_for" and sys.version_info >= (3, 12)), name
    assert pickle.loads(pickle.dumps(function)) is function, name
    assert copy.deepcopy(function) is function, name
assert os.execve in os.supports_fd
print(json.dumps([name for name, function in functions.items() if inspect.iscoroutinefunction(function)]))
"""


def test_they_can_be_pickled_and_copied() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "OTEL_TRACES_EXPORTER": "none"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == ["wait_for", "create_subprocess_exec", "create_subprocess_shell"]
