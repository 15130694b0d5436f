"""The policy: what a user says becomes rules, and nothing misspelt opens a door."""

from __future__ import annotations

import ast
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.instrument.trust.hosts import INSIDE_NETWORKS, INSIDE_SUFFIXES
from weft.instrument.trust.ingress import Arriving
from weft.instrument.trust.policy import ACTIONS, Leave, Policy, policy

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "trust.md").read_text(encoding="utf-8")

HERE = Arriving("/public/x", "10.0.0.5", 8443)


def action(ingress: Any, arriving: Arriving | None = HERE) -> str:
    return policy(ingress=ingress).action(arriving)


@pytest.mark.parametrize("wanted", ACTIONS)
def test_one_word_is_for_everything_that_arrives(wanted: str) -> None:
    for ingress in (wanted, f" {wanted} ", {"*": wanted}, {"": wanted}, {"/": wanted}, f"*={wanted}"):
        assert action(ingress) == wanted
        assert action(ingress, None) == wanted


def test_by_default_everybody_is_trusted() -> None:
    assert action(None) == action("") == action({}) == "trust"
    assert policy().ingress == ()


@pytest.mark.parametrize(
    "door", ["/public", ":8443", "10.0.0.5", "10.0.0.5:8443", "10.0.0.5:8443/public", "*:8443/public/x"]
)
def test_a_rule_is_for_its_door_only(door: str) -> None:
    assert action({door: "restart"}) == "restart"
    assert action({door: "restart"}, Arriving("/internal", "10.0.0.6", 8080)) == "trust"
    assert action({door: "restart"}, None) == "trust"


def test_the_first_rule_that_covers_a_request_decides() -> None:
    rules = {"/public/hooks": "link", "/public": "restart", ":8443": "link", "*": "trust"}
    text = "/public/hooks=link, /public=restart ,:8443=link,trust"
    for ingress in (rules, text):
        assert action(ingress, Arriving("/public/hooks/1", "", 8443)) == "link"
        assert action(ingress, Arriving("/public/1", "", 8443)) == "restart"
        assert action(ingress, Arriving("/internal", "", 8443)) == "link"
        assert action(ingress, Arriving("/internal", "", 80)) == "trust"


@pytest.mark.parametrize(
    ("path", "is_public"),
    [
        ("/public", True),
        ("/public/", True),
        ("/public/x", True),
        ("/publicity", False),
        ("/public.html", False),
        ("/PUBLIC", False),
        ("/x/public", False),
        ("/", False),
        ("", False),
        ("//public/x", True),
        ("/./public", True),
        ("/x/../public/y", True),
        ("/public/../internal", True),  # what is mounted at /public may serve it
        ("/public/..", True),
    ],
)
def test_a_path_is_covered_by_whole_segments_however_it_is_written(path: str, is_public: bool) -> None:
    assert action({"/public": "restart"}, Arriving(path, "", 80)) == ("restart" if is_public else "trust")


@pytest.mark.parametrize(
    "path", ["/inner/../public", "/public/../inner", "//inner/..//public", "/inner/x/../../public"]
)
def test_no_way_of_writing_a_path_makes_it_trusted(path: str) -> None:
    assert action("/inner=trust,restart", Arriving(path, "", 80)) == "restart"
    assert action("/inner=trust,restart", Arriving("/inner/x", "", 80)) == "trust"


@pytest.mark.parametrize(
    ("listener", "host"),
    [
        ("10.0.0.5", "::ffff:10.0.0.5"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("localhost", "::1"),
        ("localhost", "::ffff:127.0.0.1"),
        ("[::1]", "0:0:0:0:0:0:0:1"),
        ("[fe80::1]", "fe80::1%eth0"),
        ("0.0.0.0", "10.1.2.3"),
        ("[::]", "10.1.2.3"),
    ],
)
def test_a_listener_is_its_address_however_the_server_writes_it(listener: str, host: str) -> None:
    assert action({f"{listener}:80": "restart"}, Arriving("/", host, 80)) == "restart"
    assert action({f"{listener}:80": "restart"}, Arriving("/", host, 81)) == "trust"


def test_where_the_listener_is_not_known_a_rule_that_protects_covers_and_one_that_trusts_does_not() -> None:
    unknown = Arriving("/x")
    assert action({":8443": "restart"}, unknown) == "restart"
    assert action({"10.0.0.5": "link"}, unknown) == "link"
    assert action(":8443=trust,restart", unknown) == "restart"
    assert action({"/y": "restart"}, unknown) == "trust"
    assert action({"/x": "restart"}, unknown) == "restart"


@pytest.mark.parametrize(
    "ingress",
    [
        {"/public": "Restart"}, {"/public": "deny"}, {"/public": ""}, {"public": "restart"},
        {"10.0.0.0/8": "restart"},
        {":http": "restart"}, "/public=restrat", "/public:restart", "retsart", "public=restart",
        7, ["restart"],
        "https://example.com/public=restart", {7: "restart"}, {"/public": None},
    ],
)  # fmt: skip
def test_a_misspelt_rule_closes_its_door_or_all_of_them_and_says_so(
    ingress: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert action(ingress) == "restart"
    (record,) = caplog.records
    assert "ingress=" in record.getMessage()
    assert "not trusted" in record.getMessage()


def test_a_misspelt_action_closes_only_its_door() -> None:
    assert action({"/public": "restrat"}, Arriving("/internal", "", 80)) == "trust"
    assert action({"public": "restart"}, Arriving("/internal", "", 80)) == "restart"


def test_rules_come_from_the_variables_where_no_argument_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_INGRESS", "/public=link,trust")
    monkeypatch.setenv("WEFT_EGRESS", "api.example.com, *.corp.example:8443")
    monkeypatch.setenv("WEFT_BAGGAGE_KEYS", "tenant, user")
    monkeypatch.setenv("WEFT_BAGGAGE_EGRESS", "api.example.com")
    found = policy()
    assert found.action(HERE) == "link"
    assert found.leave("api.example.com", 443) == Leave(trace=True, baggage=True)
    assert found.leave("a.corp.example", 8443) == Leave(trace=True, baggage=False)
    assert found.leave("a.corp.example", 443) == Leave(trace=False, baggage=False)
    assert found.baggage_keys == {"tenant", "user"}
    assert policy(ingress="trust", egress=[], baggage_keys="*", baggage_egress="").leave(
        "api.example.com", 443
    ) == Leave(trace=False, baggage=False)


def test_by_default_trace_and_baggage_go_inside_and_nowhere_else() -> None:
    assert (
        Policy().leave("localhost", 11434)
        == Policy().leave("research-agent", None)
        == Leave(trace=True, baggage=True)
    )
    assert Policy().leave("api.openai.com", 443) == Leave(trace=False, baggage=False)
    assert Policy().baggage_keys is None


@pytest.mark.parametrize(
    ("keys", "allowed"),
    [("*", None), ("a,*", None), ("", set()), ([], set()), ("a, b", {"a", "b"}), (["a"], {"a"})],
)
def test_baggage_keys_are_a_list_or_all(keys: Any, allowed: set[str] | None) -> None:
    assert policy(baggage_keys=keys).baggage_keys == allowed


@pytest.mark.parametrize(
    "egress", ["https://api.example.com", "api.example.com/v1", "api.*.com", "user@api.example.com", 7]
)
def test_an_egress_host_that_cannot_be_read_opens_nothing_and_says_so(
    egress: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = policy(egress=egress, baggage_egress=egress)
    assert found.leave("api.example.com", 443) == Leave(trace=False, baggage=False)
    assert ["egress=" in record.getMessage() for record in caplog.records] == [True, True]


def test_the_guide_says_the_same_in_code_and_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)[0]
    (call,) = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    said = policy(**{each.arg: ast.literal_eval(each.value) for each in call.keywords if each.arg})
    for name, value in re.findall(r"^(WEFT_\w+)=(.*)$", GUIDE, re.MULTILINE):
        monkeypatch.setenv(name, value)
    read = policy()
    assert len(read.ingress) == 4
    for field in ("ingress", "egress", "baggage_keys", "baggage_egress"):
        assert getattr(read, field) == getattr(said, field)


def test_the_guide_names_what_is_inside() -> None:
    suffixes = re.search(r"names under (.*?);?\.\n", GUIDE, re.DOTALL)
    assert suffixes is not None
    assert tuple(re.findall(r"`([\w.]+)`", suffixes[1])) == INSIDE_SUFFIXES
    assert {str(network) for network in INSIDE_NETWORKS} - set(re.findall(r"`([\w.:]+/\d+)`", GUIDE)) == {
        "0.0.0.0/32",
        "::1/128",
        "::/128",
    }


anything = st.none() | st.integers() | st.text(max_size=20) | st.text("/:*.=,[]0 trust", max_size=20)


@given(
    anything | st.dictionaries(anything, anything, max_size=3) | st.lists(anything, max_size=3),
    anything | st.lists(anything, max_size=3),
    st.builds(
        Arriving,
        st.text("/.ab", max_size=8),
        st.sampled_from(["", "10.0.0.5", "::1"]),
        st.sampled_from([None, 80]),
    ),
)
def test_no_setting_makes_it_raise(ingress: Any, words: Any, arriving: Arriving) -> None:
    found = policy(ingress, words, words, words)
    assert found.action(arriving) in ACTIONS
    found.leave("example.com", 443)
