"""traceparent: the cases of W3C's trace-context suite (test/test.py), and what else section 3.2 says.

Each is sent to every service. What holds for every request besides is in `Hop.assert_conforms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conformance.served import Service

TRACE, PARENT = "12345678901234567890123456789012", "1234567890123456"
GOOD = f"00-{TRACE}-{PARENT}-01"
OTHER = f"00-{TRACE[:-1]}1-{PARENT}-01"


@pytest.mark.parametrize("name", ["traceparent", "TraceParent", "TrAcEpArEnT", "TRACEPARENT"])
def test_3_2_1_the_name_has_no_case(service: Service, name: str) -> None:
    hop = service.hop((name, GOOD))
    assert (hop.outcome, hop.parent, hop.state) == ("continued", f"{TRACE}-{PARENT}", "")


@pytest.mark.parametrize(
    "name", ["trace-parent", "trace.parent", "trace_parent", "xtraceparent", "traceparent2"]
)
def test_3_2_1_another_name_is_another_header(service: Service, name: str) -> None:
    hop = service.hop((name, GOOD))
    assert (hop.outcome, hop.parent, hop.told("received")) == ("absent", None, "")


@pytest.mark.parametrize(
    "value",
    [
        f" {GOOD}",
        f"\t{GOOD}",
        f"{GOOD} ",
        f"{GOOD}\t",
        f"\t {GOOD} \t",
    ],
)
def test_white_space_around_the_value_does_not_belong_to_it(service: Service, value: str) -> None:
    hop = service.hop(("traceparent", value))
    assert (hop.outcome, hop.parent) == ("continued", f"{TRACE}-{PARENT}")


@pytest.mark.parametrize(
    "value",
    [
        f"cc-{TRACE}-{PARENT}-01",
        f"cc-{TRACE}-{PARENT}-01-",
        f"cc-{TRACE}-{PARENT}-01-what-the-future-will-be-like",
        f"01-{TRACE}-{PARENT}-01",
        f"fe-{TRACE}-{PARENT}-01-{'x' * 2000}",
    ],
)
def test_3_2_4_a_later_version_is_read_as_00_and_written_as_00(service: Service, value: str) -> None:
    hop = service.hop(("traceparent", value), ("tracestate", "foo=1"))
    assert (hop.outcome, hop.parent, hop.state) == ("continued", f"{TRACE}-{PARENT}", "foo=1")
    assert hop.fields["traceparent"].startswith(f"00-{TRACE}-")


MALFORMED = {
    "version 00 with a dot behind it": f"{GOOD}.",
    "version 00 with more fields": f"{GOOD}-what-the-future-will-be-like",
    "version 00 with a hyphen behind it": f"{GOOD}-",
    "later version with more behind a dot": f"cc-{TRACE}-{PARENT}-01.what-the-future-will-be-like",
    "later version without a hyphen": f"cc-{TRACE}-{PARENT}-011",
    "version ff": f"ff-{TRACE}-{PARENT}-01",
    "version ff with more fields": f"ff-{TRACE}-{PARENT}-01-more",
    "version with a dot first": f".0-{TRACE}-{PARENT}-01",
    "version with a dot last": f"0.-{TRACE}-{PARENT}-01",
    "version of three digits": f"000-{TRACE}-{PARENT}-01",
    "version of four digits": f"0000-{TRACE}-{PARENT}-01",
    "version of one digit": f"0-{TRACE}-{PARENT}-01",
    "version in upper case": f"CC-{TRACE}-{PARENT}-01",
    "no version": f"{TRACE}-{PARENT}-01",
    "trace id of zeros": f"00-{'0' * 32}-{PARENT}-01",
    "trace id with a dot first": f"00-.{TRACE[1:]}-{PARENT}-01",
    "trace id with a dot last": f"00-{TRACE[:-1]}.-{PARENT}-01",
    "trace id of 33 digits": f"00-{TRACE}3-{PARENT}-01",
    "trace id of 31 digits": f"00-{TRACE[:-1]}-{PARENT}-01",
    "trace id of 16 digits": f"00-{TRACE[:16]}-{PARENT}-01",
    "trace id in upper case": f"00-{TRACE[:-1]}A-{PARENT}-01",
    "parent id of zeros": f"00-{TRACE}-{'0' * 16}-01",
    "parent id with a dot first": f"00-{TRACE}-.{PARENT[1:]}-01",
    "parent id with a dot last": f"00-{TRACE}-{PARENT[:-1]}.-01",
    "parent id of 17 digits": f"00-{TRACE}-{PARENT}7-01",
    "parent id of 15 digits": f"00-{TRACE}-{PARENT[:-1]}-01",
    "parent id in upper case": f"00-{TRACE}-{PARENT[:-1]}A-01",
    "flags with a dot first": f"00-{TRACE}-{PARENT}-.0",
    "flags with a dot last": f"00-{TRACE}-{PARENT}-0.",
    "flags of three digits": f"00-{TRACE}-{PARENT}-001",
    "flags of one digit": f"00-{TRACE}-{PARENT}-1",
    "flags in upper case": f"00-{TRACE}-{PARENT}-0A",
    "no flags": f"00-{TRACE}-{PARENT}",
    "underscores": GOOD.replace("-", "_"),
    "white space inside": GOOD.replace("-", " - "),
    "quotes": f'"{GOOD}"',
    "percent-encoded": GOOD.replace("-", "%2D"),
    "a digit that is not ASCII": GOOD.replace("9", "\xb9"),
    "a letter that is not ASCII behind it": f"{GOOD}\xe9",
    "a byte order mark": f"\xef\xbb\xbf{GOOD}",
    "empty": "",
    "white space": " \t ",
    "no hexadecimal at all": "hello",
}


@pytest.mark.parametrize("value", MALFORMED.values(), ids=MALFORMED.keys())
def test_3_2_what_is_malformed_begins_a_new_trace_and_its_tracestate_is_not_read(
    service: Service, value: str
) -> None:
    hop = service.hop(("traceparent", value), ("tracestate", "foo=1,bar=2"))
    assert (hop.outcome, hop.parent, hop.state, hop.told("conflicts")) == ("malformed", None, "", None)
    assert hop.trace_id not in {TRACE, "0" * 32}
    (problem,) = hop.told("problems") or ()
    assert problem.startswith("traceparent: ")
    assert TRACE not in problem


SEVERAL = {
    "two traces": [GOOD, OTHER],
    "the same twice": [GOOD, GOOD],
    "two in one line": [f"{GOOD},{OTHER}"],
    "two in one line, with a space": [f"{GOOD}, {OTHER}"],
    "three": [GOOD, OTHER, GOOD],
    "a good one, then a malformed one": [GOOD, "hello"],
    "a malformed one, then a good one": ["hello", GOOD],
    "a good one, then an empty one": [GOOD, ""],
    "an empty one, then a good one": ["", GOOD],
    "a good one with a comma behind it": [f"{GOOD},"],
}


@pytest.mark.parametrize("values", SEVERAL.values(), ids=SEVERAL.keys())
def test_several_values_are_none_since_nobody_knows_which_is_meant(
    service: Service, values: list[str]
) -> None:
    hop = service.hop(*(("traceparent", value) for value in values), ("tracestate", "foo=1"))
    assert (hop.outcome, hop.parent, hop.state) == ("malformed", None, "")
    assert hop.trace_id not in {TRACE, OTHER.split("-")[1]}


def test_names_in_two_cases_are_two_values(service: Service) -> None:
    hop = service.hop(("traceparent", GOOD), ("Traceparent", OTHER))
    assert (hop.outcome, hop.parent) == ("malformed", None)


def test_without_any_header_a_trace_begins_here(service: Service) -> None:
    hop = service.hop()
    assert (hop.outcome, hop.parent, hop.state, hop.baggage) == ("absent", None, "", "")
    assert hop.told("received") == ""


@pytest.mark.parametrize("state", ["foo=1", "foo=1,bar=2"])
def test_3_3_a_tracestate_alone_is_discarded(service: Service, state: str) -> None:
    hop = service.hop(("tracestate", state))
    assert (hop.outcome, hop.parent, hop.state, hop.told("received")) == ("absent", None, "", "tracestate")


@pytest.mark.parametrize(
    ("lines", "trace_id"),
    [([("traceparent", GOOD)], TRACE), ([], None), ([("traceparent", f"00-{'0' * 32}-{PARENT}-01")], None)],
    ids=["continued", "absent", "malformed"],
)
def test_each_of_several_calls_has_a_parent_id_of_its_own(
    service: Service, lines: list[tuple[str, str]], trace_id: str | None
) -> None:
    hop = service.hop(*lines, calls=3)
    assert len(hop.requests) == 3
    assert trace_id in (None, hop.trace_id)
    assert hop.parent == (f"{TRACE}-{PARENT}" if trace_id else None)


def test_the_parent_id_is_never_the_one_that_came_sampled_or_not(service: Service) -> None:
    for flags in ("00", "01"):
        sent = service.hop(("traceparent", f"00-{TRACE}-{PARENT}-{flags}")).fields["traceparent"]
        assert sent.startswith(f"00-{TRACE}-")
        assert PARENT not in sent.split("-")


# A header that goes on in the next line is obsolete (RFC 9112, section 5.2): servers refuse it or join them.
@pytest.mark.parametrize("value", [f"\r\n {GOOD}", f"{GOOD}\r\n -more", f"00-{TRACE}\r\n -{PARENT}-01"])
def test_a_folded_line_is_refused_or_read_by_the_rules(service: Service, value: str) -> None:
    answered, hop = service.attempt(("traceparent", value))
    if hop is None:
        assert answered == 400
    else:
        hop.assert_conforms()
        assert hop.parent in (None, f"{TRACE}-{PARENT}")
    assert service.hop(("traceparent", GOOD)).outcome == "continued"
