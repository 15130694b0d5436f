"""Whatever a peer sends, the service answers and lives, and what it sends on has its form and its limits."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conformance.served import fresh_path
from tests.e2e.conformance.upstream import connect
from tests.servers import until

if TYPE_CHECKING:
    from tests.e2e.conformance.served import Service

TRACE, PARENT = "52345678901234567890123456789012", "1234567890123456"
GOOD = ("traceparent", f"00-{TRACE}-{PARENT}-01")
FIELDS = [
    "traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "uber-trace-id", "uberctx-key",
    "ot-baggage-key", "x-datadog-trace-id", "x-datadog-tags", "sentry-trace", "x-amzn-trace-id",
    "x-cloud-trace-context",
]  # fmt: skip
KIB = 1024

SIZES = {
    "a tracestate of 64 KiB, one member": [("tracestate", f"foo={'x' * (64 * KIB - 64)}")],
    "a tracestate of 64 KiB, many members": [("tracestate", "foo=1," * (10 * KIB))],
    "a tracestate of 64 KiB, different members": [("tracestate", ",".join(f"k{n}=1" for n in range(8000)))],
    "a tracestate of 80 KiB in two fields": [("tracestate", f"foo={'x' * 40 * KIB}")] * 2,
    "a tracestate of 64 KiB of spaces": [("tracestate", f"foo={' ' * 60 * KIB}1")],
    "10,000 commas in tracestate": [("tracestate", "," * 10_000)],
    "10,000 commas in baggage": [("baggage", "," * 10_000)],
    "10,000 semicolons in baggage": [("baggage", f"a=1{';' * 10_000}")],
    "10,000 equals signs": [("tracestate", "=" * 10_000), ("baggage", "=" * 10_000)],
    "10,000 percent signs": [("baggage", f"a={'%' * 10_000}")],
    "200 baggage members": [("baggage", ",".join(f"key{n}=value{n}" for n in range(200)))],
    "60 baggage fields": [("baggage", f"key{n}={'v' * 1000}") for n in range(60)],
    "baggage of 64 KiB": [("baggage", ",".join(f"key{n}={'v' * 100}" for n in range(590)))],
    "a baggage member of 64 KiB": [("baggage", f"a={'v' * (64 * KIB - 64)}")],
    "baggage that grows when it is encoded": [("baggage", f"a={'%F0%9F%A7%B5' * 682},b={'%' * 4000}")],
    "60 Jaeger baggage fields": [
        ("uber-trace-id", f"{TRACE}:{PARENT}:0:1"), *((f"uberctx-k{n}", "v" * 1000) for n in range(60)),
    ],
    "a traceparent of a later version, 60 KiB": [("traceparent", f"cc-{TRACE}-{PARENT}-01-{'x' * 60 * KIB}")],
    "60 traceparents": [GOOD] * 60,
    "datadog tags of 60 KiB": [("x-datadog-trace-id", "1"), ("x-datadog-tags", "_dd.p.tid=1," * 5000)],
    "an X-Ray header of 60 KiB": [("x-amzn-trace-id", "Root=;" * 10 * KIB)],
}  # fmt: skip


@pytest.mark.parametrize("lines", SIZES.values(), ids=SIZES.keys())
def test_hostile_sizes_are_answered_and_cut(service: Service, lines: list[tuple[str, str]]) -> None:
    named = {name for name, _ in lines}
    hop = service.hop(*([] if {"traceparent", "uber-trace-id"} & named else [GOOD]), *lines)
    assert len(hop.baggage) <= 8192
    assert len(hop.baggage.split(",")) <= 64
    assert len(hop.fields.get("tracestate", "")) <= 4096
    if "tracestate" in named or named == {"baggage"}:
        assert hop.parent == f"{TRACE}-{PARENT}"


def test_64_of_200_baggage_members_go_on(service: Service) -> None:
    hop = service.hop(GOOD, ("baggage", ",".join(f"key{number}=value" for number in range(200))))
    assert hop.baggage == ",".join(f"key{number}=value" for number in range(64))
    assert hop.told("problems") == ["baggage: 136 left out"]


@pytest.mark.parametrize("seed", range(12))
def test_noise_in_every_field_is_answered(service: Service, seed: int) -> None:
    chance = random.Random(seed)
    alphabet = [chr(code) for code in (*range(0x20, 0x7F), *range(0x80, 0x100))] + list("\t,;=-:%") * 20
    lines = [
        (chance.choice(FIELDS), "".join(chance.choices(alphabet, k=chance.randrange(300)))) for _ in range(40)
    ]
    assert service.hop(*lines).outcome in {"malformed", "absent"}


@pytest.mark.parametrize("seed", range(12))
def test_a_good_traceparent_that_was_damaged_is_continued_or_malformed(service: Service, seed: int) -> None:
    chance = random.Random(seed)
    good = GOOD[1]
    position = chance.randrange(len(good))
    damaged = good[:position] + chance.choice("0fFg-, \xe9") + good[position + chance.randrange(2) :]
    answered, hop = service.attempt(("traceparent", damaged))
    assert (answered, hop is not None) == (200, True)
    assert hop is not None
    hop.assert_conforms()


def test_a_peer_that_leaves_early_harms_nobody_else(service: Service) -> None:
    path = fresh_path()
    with service.downstream.silent():
        connect(service.port, service.request(path, [GOOD])).close()
        until(lambda: service.downstream.arrived(path), "the service called on")
    hop = service.found(path, 200)
    hop.assert_conforms()
    assert hop.parent == f"{TRACE}-{PARENT}"
    assert service.hop().outcome == "absent"


def test_half_a_request_harms_nobody_else(service: Service) -> None:
    halves = (
        b"POST /half HTTP/1.1\r\ntracep",
        b"POST /half HTTP/1.1\r\nContent-Length: 9\r\n\r\n[",
        b"\r\n\r\n",
        b"",
    )
    for half in halves:
        connect(service.port, half).close()
    assert service.hop(GOOD).parent == f"{TRACE}-{PARENT}"


# Beyond its own limits a server refuses by itself; what matters is that it goes on.
@pytest.mark.parametrize(
    "lines",
    [
        [("baggage", "a=1")] * 1000,
        [(f"uberctx-{number}", "1") for number in range(1000)],
        [("tracestate", f"a={'x' * 300 * KIB}")],
        [("traceparent", "\x00")],
        [("tracestate", "a=\x7f")],
        [("baggage\x01", "a=1")],
        [("", "a=1")],
        [("trace parent", GOOD[1])],
        [("traceparent ", GOOD[1])],
    ],
    ids=[
        "1000 baggage fields", "1000 fields", "300 KiB", "NUL", "DEL", "a control character", "no name",
        "a space in the name", "a space behind the name",
    ],
)  # fmt: skip
def test_what_a_server_refuses_it_refuses_and_lives(service: Service, lines: list[tuple[str, str]]) -> None:
    answered, hop = service.attempt(*lines)
    if hop is None:
        assert answered in {400, 431}
    else:
        hop.assert_conforms()
        assert hop.parent is None
    assert service.hop(GOOD).parent == f"{TRACE}-{PARENT}"
