"""A corpus in one file is the corpus."""

import json
from pathlib import Path

from tests.e2e.faults.corpus import pack, unpack
from tests.e2e.faults.scoring import Run, error_spans


def resource(service: str, *span_ids: str) -> dict[str, object]:
    spans = [{"spanId": each, "startTimeUnixNano": "1", "status": {"code": 2}} for each in span_ids]
    name = {"key": "service.name", "value": {"stringValue": service}}
    return {"resource": {"attributes": [name]}, "scopeSpans": [{"scope": {"name": "agents"}, "spans": spans}]}


def test_runs_come_out_as_they_went_in(tmp_path: Path) -> None:
    lines = [[resource("lead", "a"), resource("writer", "b")], [resource("lead", "c")]]
    recorded = tmp_path / "chain-raise-0.jsonl"
    recorded.write_text("".join(json.dumps({"resourceSpans": each}) + "\n" for each in lines))
    run = Run(recorded, {"kind": "raise"})
    pack([run], tmp_path / "packed" / "dev.jsonl.gz")
    (unpacked,) = unpack(tmp_path / "packed" / "dev.jsonl.gz", tmp_path / "out")
    assert unpacked == Run(tmp_path / "out" / recorded.name, run.truth)
    assert sorted(each.span_id for each in error_spans(unpacked)) == ["a", "b", "c"]
    (request,) = unpacked.path.read_text().splitlines()
    assert json.loads(request)["resourceSpans"] == [resource("lead", "a", "c"), resource("writer", "b")]
