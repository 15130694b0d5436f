"""What checks say of several traces together."""

from tests.analyse.traces import TRACE_ID, span, trace

from weft.analyse.checks.connection import no_orphans, one_root
from weft.analyse.checks.verdict import Verdict
from weft.analyse.explain import explain
from weft.model.trace import Trace

WHOLE = trace(span("root"), span("a", "root"))
ORPHAN = trace(span("root"), span("a", "gone"))


def verdict(*traces: Trace, only_one: bool = False) -> Verdict:
    made = Verdict([one_root(), no_orphans()], only_one=only_one)
    for each in traces:
        made.add(each, explain(each))
    return made


def test_traces_without_a_violation_are_all_right() -> None:
    assert verdict(WHOLE, WHOLE).ok
    assert verdict(WHOLE, only_one=True).ok


def test_no_traces_are_not_all_right() -> None:
    assert not verdict().ok
    assert not verdict(only_one=True).ok


def test_one_violation_is_enough() -> None:
    found = verdict(WHOLE, ORPHAN)

    assert not found.ok
    assert [broken[0] for broken in found.broken] == [ORPHAN]
    checks = found.to_json()["checks"]
    assert [(check["check"], len(check["violations"])) for check in checks] == [
        ("one-trace", 0),
        ("no-orphans", 1),
    ]
    assert checks[1]["violations"][0]["trace_id"] == TRACE_ID


def test_several_traces_are_not_one() -> None:
    found = verdict(WHOLE, WHOLE, only_one=True)

    assert not found.ok
    assert str(found.split) == f"the traces: expected one, found 2: {TRACE_ID}, {TRACE_ID}"
    assert len(found.broken) == 2


def test_only_a_few_traces_are_kept() -> None:
    assert len(verdict(*[ORPHAN] * 9).broken) == 3
