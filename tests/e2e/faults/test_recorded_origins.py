"""The recorded corpus, each half by itself: the right span and the right agent in 95 runs of 100 or more."""

from pathlib import Path

import pytest
from tests.e2e.faults.corpus import unpack
from tests.e2e.faults.scoring import RULES, error_spans, of_analysis, of_rule

from weft.analyse.explain import explain
from weft.query.files.open import read_files

HALVES = sorted((Path(__file__).parents[2] / "fixtures" / "faults").glob("*.jsonl.gz"))
AIM = 0.95


@pytest.mark.parametrize("half", HALVES, ids=lambda file: file.name.partition(".")[0])
def test_the_origin_is_named_in_nearly_every_run(half: Path, tmp_path: Path) -> None:
    runs = unpack(half, tmp_path)
    errors = {
        trace.trace_id: explain(trace).to_json()["errors"]
        for trace in read_files([str(run.path) for run in runs])
    }
    assert len(errors) == len(runs)
    scores = {run.path.stem: of_analysis(run.truth, errors[run.truth["trace_id"]]) for run in runs}
    wrong = [name for name, score in scores.items() if not (score.span and score.agent)]
    assert len(wrong) <= (1 - AIM) * len(runs), wrong
    best = max(sum(of_rule(run.truth, rule, error_spans(run)).span for run in runs) for rule in RULES)
    assert len(runs) - len(wrong) > best  # or else a rule of thumb would do
