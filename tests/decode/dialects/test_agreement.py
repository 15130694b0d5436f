"""Both appliers of the table give the same, whatever a span has in its attributes."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.decode.dialects.speaking import KINDS, Spoken, in_columns, ingested, read_alone

from weft.decode.dialects.order import HINTS, KEYS, NAMED, NAMES, SAYS, SCOPES

_words = sorted({word for words in (*SAYS, *HINTS) for word in words.operations})
_counts = st.dictionaries(
    st.sampled_from(
        [
            "input",
            "output",
            "total",
            "prompt_tokens",
            "input_cached_tokens",
            "cache_read_input_tokens",
            "output_reasoning_tokens",
            "input_tokens",
            "total_cost",
            "input_cost",
            "model",
            "params",
        ]
    ),
    st.integers(-1, 1 << 41)
    | st.floats()
    | st.sampled_from(["3", "x", None, True, {"name": "t"}, ["t"], "\ud800"]),
    max_size=4,
)
_texts = st.sampled_from(
    [
        *_words,
        *map(str.upper, _words[:9]),
        "",
        " ",
        '"',
        '"TOOL"',
        '"quoted name"',
        "researcher",
        "gpt-5",
        "7",
        "-1",
        "1e3",
        "0.25",
        "1e999",
        "٣",
        "1_000",
        "inf",
        "nan",
        "99999999999999999999",
        "x" * 3000,
        "ä" * 1500,
        "[1]",
        "{}",
        '{"params": {"name": "t", "arguments": {"a": 1}}}',
        "[" * 5000,
        "OpenAI",
        "az.ai.openai",
        "\x00",
        "a\nb",
        "\u00a0",
    ]
)
_values = st.one_of(
    _texts,
    _counts.map(json.dumps),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 100_000),
    st.floats(),
    st.floats(0, 10),
    st.booleans(),
    st.binary(max_size=9),
    st.lists(st.sampled_from(["a", "b"]), max_size=2),
)
# Few keys at a time of many: the keys of one dialect have to meet.
_keys = st.sampled_from(sorted(KEYS)).flatmap(
    lambda key: st.sampled_from(sorted(each for each in KEYS if each.split(".")[0] == key.split(".")[0]))
)
_names = st.one_of(
    st.sampled_from([*NAMES, *NAMED, "agent_turn", "function_tool", "work", "", " ", "Claude_Code.TOOL"]),
    st.builds("{} {}".format, st.sampled_from(sorted(NAMED)), _texts),
)
_spans = st.builds(
    Spoken,
    attributes=st.dictionaries(_keys | st.sampled_from(["other", "(span name)"]), _values, max_size=8),
    name=_names,
    kind=st.sampled_from(KINDS),
    scope=st.sampled_from(["", "opentelemetry", *SCOPES]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(spans=st.lists(_spans, max_size=12))
def test_a_span_says_the_same_in_columns_and_on_its_own(spans: list[Spoken]) -> None:
    assert ingested(spans) == [in_columns(read_alone(span)) for span in spans]


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(span=_spans)
def test_a_span_that_is_still_open_says_the_same(span: Spoken) -> None:
    assert ingested([span], ended=False) == [in_columns(read_alone(span))]
