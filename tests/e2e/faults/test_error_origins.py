"""Real programs with injected faults: the error's origin is named, and none where the workflow recovered."""

from pathlib import Path

import pytest
from tests.e2e.faults.fault import KINDS, Kind
from tests.e2e.faults.record import attempted
from tests.e2e.faults.scenarios import scenarios
from tests.e2e.faults.scoring import of_analysis
from tests.e2e.faults.topologies import HELD_TOPOLOGIES, TOPOLOGIES

from weft.analyse.explain import explain
from weft.query.files.open import read_files

#: Every kind of fault in a program that the analysis was made on, and in one that it was not.
SAMPLE: dict[str, tuple[Kind, ...]] = {
    "peer_hand_off": KINDS,  # tasks, Redis
    "diamond": KINDS,  # HTTP
    "thread_pool": ("raise", "cancelled_sibling"),
}


def test_the_sample_is_of_both_halves() -> None:
    seen = {kind for name, kinds in SAMPLE.items() if name not in HELD_TOPOLOGIES for kind in kinds}
    held = {kind for name, kinds in SAMPLE.items() if name in HELD_TOPOLOGIES for kind in kinds}
    assert seen == held == set(KINDS)


@pytest.mark.parametrize("name", SAMPLE)
def test_the_origin_of_an_error_is_named(name: str, tmp_path: Path) -> None:
    topology = TOPOLOGIES[name]
    faults = [fault for kind in SAMPLE[name] for fault in scenarios(topology, kind, 1)]
    done = attempted(topology, faults)
    assert len(done) == len(faults)
    for number, (truth, recorded) in enumerate(done):
        file = tmp_path / f"{number}-{truth.kind}.jsonl"
        file.write_text("\n".join(recorded.lines) + "\n")
        (trace,) = read_files([str(file)])
        errors = explain(trace).to_json()["errors"]
        score = of_analysis(truth.to_json(), errors)
        assert score.span, (truth, errors)
        assert score.agent, (truth, errors)
