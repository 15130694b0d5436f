"""The flags of traceparent (W3C Trace Context Level 2, section 3.2.2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conformance.served import Service

TRACE, PARENT = "f2345678901234567890123456789012", "1234567890123456"


@pytest.mark.parametrize("version", ["00", "cc"])
@pytest.mark.parametrize(
    ("flags", "sent_on"),
    [
        ("00", "00"), ("01", "01"), ("02", "02"), ("03", "03"),
        ("04", "00"), ("08", "00"), ("80", "00"), ("fc", "00"),
        ("05", "01"), ("fd", "01"), ("fe", "02"), ("0b", "03"), ("ff", "03"),
    ],
)  # fmt: skip
def test_sampled_and_random_are_carried_on_and_the_other_bits_are_zero(
    service: Service, version: str, flags: str, sent_on: str
) -> None:
    hop = service.hop(("traceparent", f"{version}-{TRACE}-{PARENT}-{flags}"), ("tracestate", "foo=1"))
    assert (hop.trace_id, hop.flags, hop.state) == (TRACE, sent_on, "foo=1")
    assert bool(hop.spans) == bool(hop.evidence) == (sent_on in {"01", "03"})


def test_a_trace_that_begins_here_says_that_its_id_is_random(service: Service) -> None:
    ids = {service.hop().trace_id[-14:] for _ in range(3)}
    assert len(ids) == 3
    assert service.hop().flags == "03"
    assert service.hop(("traceparent", "hello")).flags == "03"


def test_ids_of_64_bits_are_padded_and_are_not_called_random(service: Service) -> None:
    hop = service.hop(("b3", f"{TRACE[:16]}-{PARENT}-1"))
    assert (hop.trace_id, hop.flags) == (f"{'0' * 16}{TRACE[:16]}", "01")


def test_what_is_not_sampled_is_not_exported(service: Service) -> None:
    before = len(service.receiver.spans())
    assert service.hop(("traceparent", f"00-{TRACE}-{PARENT}-02")).flags == "02"
    hop = service.hop()  # its spans come behind all that were exported before
    assert {span.trace_id for span in service.receiver.spans()[before:]} == {hop.trace_id}
