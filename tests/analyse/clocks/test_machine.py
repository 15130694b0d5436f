"""Which machine a resource speaks of."""

import pytest

from weft.analyse.clocks.machine import machine
from weft.model.span import Value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"ip": "10.0.1.61"}, {"ip": "10.0.1.212"}),
        ({"host.ip": '["127.0.0.1", "10.0.1.61"]'}, {"host.ip": '["fe80::1", "10.0.1.2"]'}),
        ({"k8s.pod.ip": "fd00:1:2:3::4"}, {"ip": "fd00:1:2:3:ffff::"}),
        ({"k8s.node.name": "n1", "ip": "10.0.1.1"}, {"k8s.node.name": "n1", "ip": "10.0.2.1"}),
    ],
)
def test_these_are_likely_on_one_machine(one: dict[str, Value], other: dict[str, Value]) -> None:
    assert machine(one) == machine(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"ip": "10.0.1.61"}, {"ip": "10.0.2.61"}),
        ({"ip": "10.0.1.61"}, {"ip": "::ffff:a00:13d"}),
        ({"k8s.node.name": "n1"}, {"k8s.node.name": "n2"}),
    ],
)
def test_these_are_likely_not(one: dict[str, Value], other: dict[str, Value]) -> None:
    assert machine(one) != machine(other)


@pytest.mark.parametrize("said", ["127.0.0.1", "::1", "localhost", "", "10.0.1", "1" * 5000, "[]", '["'])
def test_what_names_no_address_on_the_network_says_nothing(said: str) -> None:
    assert machine({"ip": said, "host.ip": said}) is None
