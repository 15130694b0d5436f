"""Where traces are read: a backend that is named, the one of this machine, or its data."""

import socket
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_the_backend_of_this_machine_is_asked_first(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID)

    assert weft("ls", WEFT_UI_PORT=str(backend.port)).stdout.count("\n") == 2


def test_a_backend_can_be_named_in_the_environment(weft: Run, backend: Any) -> None:
    backend.list(TRACE_ID)

    assert weft("ls", WEFT_URL=backend.url).stdout.count("\n") == 2


def test_a_path_before_the_api_is_kept(weft: Run, backend: Any) -> None:
    weft("ls", "--url", f"{backend.url}/behind/a/proxy/")

    assert backend.asked == ["/behind/a/proxy/weft/v1/traces?limit=20"]


def test_a_proxy_is_not_asked_for_this_machine(process: Run, backend: Any, closed_port: int) -> None:
    backend.list(TRACE_ID)
    proxy = f"http://127.0.0.1:{closed_port}"

    for url in (backend.url, backend.url.replace("127.0.0.1", "localhost")):
        assert process("ls", "--url", url, http_proxy=proxy, HTTP_PROXY=proxy).returncode == 0


def test_a_proxy_is_asked_for_other_machines(weft: Run, backend: Any) -> None:
    weft("ls", "--url", "http://backend.example:16686", http_proxy=backend.url)

    assert backend.asked == ["http://backend.example:16686/weft/v1/traces?limit=20"]


def test_a_named_backend_that_does_not_run_is_not_replaced(
    weft: Run, closed_port: int, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    (tmp_path / "home" / "weft").mkdir(parents=True)

    for done in (weft("ls", "--url", url), weft("ls", WEFT_URL=url)):
        assert done.returncode == 2
        assert done.stderr == f"weft ls: nothing listens on {url}; start a backend with `weft up`\n"


def test_neither_backend_nor_data_says_what_to_do(process: Run, closed_port: int, tmp_path: Path) -> None:
    done = process("show", WEFT_UI_PORT=str(closed_port))

    assert done.returncode == 2
    assert done.stderr == (
        f"weft show: no backend listens on http://127.0.0.1:{closed_port} and there is no data in "
        f"{tmp_path / 'home' / 'weft'}. Start one with `weft up`, or name another (--url) "
        "or its data directory (--data)\n"
    )


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://host",
        "host:16686",
        "http://",
        "http://[::1",
        "http://h:99999",
        "x\x1b[2J",
    ],
)
def test_what_is_no_address_of_a_backend_is_refused(weft: Run, url: str) -> None:
    done = weft("ls", "--url", url)

    assert done.returncode == 2
    assert done.stderr.startswith("weft ls: a backend's URL is like http://127.0.0.1:16686, not ")
    assert "\x1b" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_host_that_does_not_exist_is_one_clear_line(weft: Run) -> None:
    done = weft("ls", "--url", "http://no-such-host.invalid:16686")

    assert done.returncode == 2
    assert done.stderr.startswith("weft ls: http://no-such-host.invalid:16686 cannot be asked: ")
    assert done.stderr.endswith("Is a Weft backend there (--url, WEFT_URL)?\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("token", "said"), [("", "a token: set WEFT_TOKEN"), ("x" * 16, "another token than that of WEFT_TOKEN")]
)
def test_a_backend_that_wants_a_token_says_where_it_is_set(
    weft: Run, backend: Any, token: str, said: str
) -> None:
    backend.give("/weft/v1/traces", {"error": {"message": "unauthorized"}}, 401)

    done = weft("ls", "--url", backend.url, WEFT_TOKEN=token)

    assert done.returncode == 2
    assert done.stderr == f"weft ls: {backend.url} wants {said}\n"


def test_a_directory_without_data_is_one_clear_line(weft: Run, tmp_path: Path) -> None:
    done = weft("ls", "--data", str(tmp_path / "nothing"))

    assert done.returncode == 2
    assert done.stderr == (
        f"weft ls: there is no data in {tmp_path / 'nothing'}; "
        "name the directory of a `weft up` (--data, WEFT_DATA)\n"
    )
    assert not (tmp_path / "nothing").exists()
