"""What counts as right."""

import json
from pathlib import Path

import pytest
from tests.e2e.faults.scoring import ErrorSpan, Run, Score, error_spans, of_analysis, of_rule, runs

FAILED = {"origin_span_ids": ["a", "b"], "origin_agents": ["writer"], "roles": {"c": "passed_on"}}
RECOVERED = {"origin_span_ids": [], "origin_agents": [], "roles": {"a": "recovered"}}
PASSED_ON = {"span_id": "c", "agent": "lead", "role": "passed_on"}


def named(span_id: str, agent: str = "writer") -> dict[str, str]:
    return {"span_id": span_id, "agent": agent, "role": "origin"}


@pytest.mark.parametrize(
    ("errors", "score"),
    [
        ([named("a"), PASSED_ON], Score(True, True, 1, 1)),
        ([named("a"), named("b"), PASSED_ON], Score(True, True, 1, 1)),  # two attempts of one operation
        ([named("a"), named("c")], Score(False, True, 0, 1)),  # one too many
        ([named("a", "lead")], Score(True, False, 0, 1)),
        ([PASSED_ON], Score(False, False, 1, 1)),
        ([], Score(False, False, 0, 1)),
    ],
)
def test_an_origin_is_right_where_nothing_else_is_named(errors: list[dict[str, str]], score: Score) -> None:
    assert of_analysis(FAILED, errors) == score


def test_no_span_is_the_origin_of_what_recovered() -> None:
    assert of_analysis(RECOVERED, [{"span_id": "a", "role": "recovered"}]) == Score(True, True, 1, 1)
    assert of_analysis(RECOVERED, [named("a")]) == Score(False, False, 0, 1)


def test_a_cancelled_span_need_not_be_an_error() -> None:
    truth = {**FAILED, "roles": {"c": "symptom", "d": "passed_on"}}
    assert of_analysis(truth, [named("a")]).roles == 1
    assert of_analysis(truth, [named("a"), PASSED_ON]).roles == 0


@pytest.mark.parametrize(
    ("rule", "picked"), [("first", "root"), ("deepest", "deep"), ("earliest end", "b"), ("last", "late")]
)
def test_a_rule_of_thumb_picks_one_span_with_an_error(rule: str, picked: str) -> None:
    errors = [
        ErrorSpan("root", start_ns=0, end_ns=9, depth=0, agent=""),
        ErrorSpan("b", start_ns=2, end_ns=3, depth=1, agent="writer"),
        ErrorSpan("deep", start_ns=4, end_ns=6, depth=2, agent="critic"),
        ErrorSpan("late", start_ns=5, end_ns=10, depth=1, agent="critic"),
    ]
    for span in errors:
        truth = {"origin_span_ids": [span.span_id], "origin_agents": [span.agent]}
        assert of_rule(truth, rule, errors).span == (span.span_id == picked)
    assert of_rule(RECOVERED, rule, errors) == Score(False, False)
    assert of_rule(RECOVERED, rule, []) == Score(True, True)


def test_a_corpus_is_read_with_its_truths(tmp_path: Path) -> None:
    agent = {"key": "gen_ai.agent.name", "value": {"stringValue": "writer"}}
    spans = [
        {"spanId": "a", "startTimeUnixNano": "1", "endTimeUnixNano": "9", "attributes": [agent]},
        {"spanId": "b", "parentSpanId": "a", "startTimeUnixNano": "2", "status": {"code": 2}},
    ]
    line = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
    (tmp_path / "one.jsonl").write_text(line + "\n")
    (tmp_path / "one.truth.json").write_text(json.dumps(FAILED))
    assert runs(tmp_path) == [Run(tmp_path / "one.jsonl", FAILED)]
    assert error_spans(runs(tmp_path)[0]) == [ErrorSpan("b", start_ns=2, end_ns=0, depth=1, agent="writer")]
