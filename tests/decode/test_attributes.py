"""Lists of attributes become maps with a string of codes beside each."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from tests import otlp
from tests.decode.requests import attribute_lists

from weft.decode.attributes import attribute_maps
from weft.decode.values import texts
from weft.model.payloads import content_hash


def pair(key: str, **kind: object) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(**kind) if kind else None)  # type: ignore[arg-type]


def test_keys_are_kept_in_their_order_repeated_ones_and_empty_ones_too() -> None:
    lists = attribute_lists(
        [pair("b", string_value="1"), pair("a", int_value=2), pair("b", bool_value=True), pair("")],
        [],
        [pair("c", double_value=0.5)],
    )
    maps, types = attribute_maps(lists, {})
    assert maps.to_pylist() == [[("b", "1"), ("a", "2"), ("b", "true"), ("", "")], [], [("c", "0.5")]]
    assert types.to_pylist() == ["sibn", "", "d"]


def test_no_lists_and_only_empty_lists() -> None:
    for lists in (attribute_lists(), attribute_lists([], [])):
        maps, types = attribute_maps(lists, {})
        assert maps.to_pylist() == [[]] * len(lists)
        assert types.to_pylist() == [""] * len(lists)


def test_a_large_value_has_an_upper_case_code() -> None:
    payloads: dict[str, str] = {}
    lists = attribute_lists([pair("a", string_value="x" * 5000), pair("b", string_value="y")])
    maps, types = attribute_maps(lists, payloads)
    assert maps.to_pylist() == [[("a", content_hash("x" * 5000)), ("b", "y")]]
    assert types.to_pylist() == ["Ss"]
    assert payloads == {content_hash("x" * 5000): "x" * 5000}


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(given=st.lists(otlp.attributes, max_size=5))
def test_every_list_is_what_its_values_are_alone(given: list[list[KeyValue]]) -> None:
    maps, types = attribute_maps(attribute_lists(*given), {})
    for pairs, found, codes in zip(given, maps.to_pylist(), types.to_pylist(), strict=True):
        assert [key for key, _ in found] == [one.key for one in pairs]
        for one, (_, text), code in zip(pairs, found, codes, strict=True):
            [alone], [code_alone] = texts(attribute_lists([one]).flatten().field("value"))
            assert code.lower() == chr(code_alone)
            assert text == (alone.as_py() if code.islower() else content_hash(alone.as_py()))
