"""Groups of hosts that have one clock."""

from weft.analyse.clocks.domains import Groups


def test_groups_grow_together() -> None:
    groups = Groups()
    assert groups.join("b", "c")
    assert groups.join("c", "a")
    assert {groups.of(host) for host in "abc"} == {"a"}
    assert groups.of("d") == "d"


def test_what_is_together_is_not_joined_again() -> None:
    groups = Groups()
    groups.join("a", "b")
    assert not groups.join("b", "a")


def test_hosts_that_differ_stay_apart_whatever_agrees_with_both() -> None:
    groups = Groups(apart=[("a", "d")])
    assert groups.join("a", "b")
    assert groups.join("c", "d")
    assert not groups.join("b", "c")
    assert groups.of("a") != groups.of("d")
    assert groups.join("b", "e")
    assert not groups.join("e", "d")
