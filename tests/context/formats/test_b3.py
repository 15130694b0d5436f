"""B3: the specification's own examples, and what its libraries send."""

from __future__ import annotations

import pytest
from tests.context.formats.wire import LOW_64, SPAN, SPAN_ID, TRACE, TRACE_ID

from weft.context.formats.b3 import MULTI, SINGLE
from weft.context.formats.format import Denied, Found, Malformed, Reading

NO_FORMAT = Malformed("b3: not in the format")
README_ID = 0x80F198EE56343BA864FE8B2A57D3EFF7


@pytest.mark.parametrize(
    ("value", "reading"),
    [
        # openzipkin/b3-propagation, README, Single Header
        (
            "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-1-e457b5a2e4d86bd1",
            Found(README_ID, 0x05E3AC9A4F6E3B90, True),
        ),
        ("80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-d", Found(README_ID, 0x05E3AC9A4F6E3B90, True)),
        ("0", Denied()),  # opentelemetry-propagator-b3 loses it (measured)
        ("1", None),
        ("d", None),
        (f"{TRACE}-{SPAN}-0", Found(TRACE_ID, SPAN_ID, False)),
        (f"{TRACE}-{SPAN}", Found(TRACE_ID, SPAN_ID, None)),
        (f"{TRACE[16:]}-{SPAN}-1", Found(LOW_64, SPAN_ID, True)),
        # Brave, a deferred decision with a parent
        (f"{TRACE}-{SPAN}-{SPAN}", Found(TRACE_ID, SPAN_ID, None)),
        (f"{TRACE.upper()}-{SPAN.upper()}-D", Found(TRACE_ID, SPAN_ID, True)),
        # 15 digits: opentelemetry-propagator-b3 rejects them too (measured)
        (f"{TRACE[:15]}-{SPAN}-1", NO_FORMAT),
        (f"{TRACE}-{SPAN[:15]}-1", NO_FORMAT),
        (f"{TRACE}-{SPAN}-2", NO_FORMAT),
        (f"{TRACE}-{SPAN}-true", NO_FORMAT),
        (f"{TRACE}-{SPAN}-1-{SPAN}-1", NO_FORMAT),
        (f"{TRACE}-{SPAN}-", NO_FORMAT),
        (f"{TRACE}", NO_FORMAT),
        (f'"{TRACE}-{SPAN}-1"', NO_FORMAT),
        ("", NO_FORMAT),
        (f"{TRACE}-{'0' * 16}-1", Malformed("b3: an id of zero")),
    ],
)
def test_one_field(value: str, reading: Reading) -> None:
    assert SINGLE.read({"b3": [value]}) == reading


IDS = {"x-b3-traceid": [TRACE], "x-b3-spanid": [SPAN]}


@pytest.mark.parametrize(
    ("state", "sampled"),
    [
        ({}, None),
        ({"x-b3-sampled": ["1"]}, True),
        ({"x-b3-sampled": ["0"]}, False),
        # README, Sampling State: "a lenient implementation may accept them"
        ({"x-b3-sampled": ["true"]}, True),
        ({"x-b3-sampled": ["False"]}, False),
        ({"x-b3-sampled": ["d"]}, True),
        ({"x-b3-flags": ["1"]}, True),
        # README, Debug Flag: "Debug implies an accept decision"
        ({"x-b3-flags": ["1"], "x-b3-sampled": ["0"]}, True),
        # b3-propagation#24: no bit field, and 0 does not exist, but is sent
        ({"x-b3-flags": ["0"], "x-b3-sampled": ["0"]}, False),
        ({"x-b3-flags": ["6"]}, None),
        # README, Multiple Headers: "When extracting state headers, the first value wins"
        ({"x-b3-sampled": ["0", "1"]}, False),
        ({"x-b3-sampled": ["1 , 0"]}, True),
        ({"x-b3-parentspanid": ["anything"]}, None),
    ],
)
def test_many_fields_with_a_state(state: dict[str, list[str]], sampled: bool | None) -> None:
    assert MULTI.read({**IDS, **state}) == Found(TRACE_ID, SPAN_ID, sampled)


@pytest.mark.parametrize(
    ("fields", "reading"),
    [
        ({"x-b3-traceid": [TRACE[16:]], "x-b3-spanid": [SPAN]}, Found(LOW_64, SPAN_ID, None)),
        ({"x-b3-sampled": ["0"]}, Denied()),
        ({"x-b3-sampled": ["false"]}, Denied()),
        ({"x-b3-sampled": ["1"]}, None),
        ({"x-b3-flags": ["1"]}, None),
        ({"x-b3-flags": ["1"], "x-b3-sampled": ["0"]}, None),
        ({"x-b3-parentspanid": [SPAN]}, None),
        ({"x-b3-traceid": [TRACE]}, Malformed("x-b3-spanid: missing")),
        ({"x-b3-spanid": [SPAN]}, Malformed("x-b3-traceid: missing")),
        ({"x-b3-traceid": [TRACE], "x-b3-sampled": ["0"]}, Malformed("x-b3-spanid: missing")),
        ({**IDS, "x-b3-sampled": ["maybe"]}, Malformed("x-b3-sampled: not in the format")),
        ({**IDS, "x-b3-traceid": [TRACE[1:]]}, Malformed("x-b3-traceid: not in the format")),
        ({**IDS, "x-b3-spanid": [TRACE]}, Malformed("x-b3-spanid: not in the format")),
        ({**IDS, "x-b3-spanid": ["0" * 16]}, Malformed("x-b3-spanid: an id of zero")),
        ({**IDS, "x-b3-spanid": [SPAN, SPAN]}, Malformed("x-b3-spanid: more than one value")),
    ],
)
def test_many_fields(fields: dict[str, list[str]], reading: Reading) -> None:
    assert MULTI.read(fields) == reading
