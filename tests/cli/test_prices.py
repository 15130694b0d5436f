"""The option that says what models cost."""

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest


@pytest.mark.parametrize("command", [["show"], ["verify"], ["analyse", "traces.json"]])
def test_a_price_file_that_is_not_there_is_named(
    weft: Callable[..., CompletedProcess[str]], command: list[str]
) -> None:
    done = weft(*command, "--prices", "nowhere.toml")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("price file nowhere.toml cannot be read: no such file or directory\n")
