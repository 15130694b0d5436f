"""What is wrapped around answers and errors."""

import json

from hypothesis import given
from hypothesis import strategies as st

from weft.present.jaeger import envelope

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON)
def test_pretty_printing_indents_by_four_spaces(value: object) -> None:
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    assert envelope.indented(compact).decode() == json.dumps(value, ensure_ascii=False, indent=4)


def test_spaces_in_text_are_kept() -> None:
    assert json.loads(envelope.indented(rb'["\n  a  \n    b"]')) == ["\n  a  \n    b"]


def test_an_answer_is_wrapped() -> None:
    answer = envelope.answer(envelope.array([b"1", b'"two"']), total=2)
    assert answer.body == b'{"data":[1,"two"],"total":2,"limit":0,"offset":0,"errors":null}'
    assert answer.headers["content-type"] == "application/json"


def test_an_error_is_sent_as_go_sends_one() -> None:
    answer = envelope.failure(404, "trace not found")
    assert answer.status_code == 404
    assert answer.body == (
        b'{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}\n'
    )
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
