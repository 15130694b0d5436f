"""What each instrumentation writes, as its SDK writes it, is said in one vocabulary."""

import pytest
from tests.decode.dialects.speaking import Spoken, in_columns, ingested, read_alone
from tests.decode.dialects.spoken.conventions import CONVENTIONS
from tests.decode.dialects.spoken.frameworks import FRAMEWORKS
from tests.decode.dialects.spoken.instrumentations import INSTRUMENTATIONS
from tests.decode.dialects.spoken.platforms import PLATFORMS

from weft.decode.dialects.order import DIALECTS
from weft.model.work import Work

SPOKEN = [*CONVENTIONS, *INSTRUMENTATIONS, *PLATFORMS, *FRAMEWORKS]


@pytest.mark.parametrize(("span", "said"), [each[1:] for each in SPOKEN], ids=[each[0] for each in SPOKEN])
def test_a_span_says_in_one_vocabulary_what_its_sdk_wrote(span: Spoken, said: Work) -> None:
    assert read_alone(span) == said


def test_spans_of_all_dialects_that_arrive_together_have_it_in_columns() -> None:
    assert ingested([span for _, span, _ in SPOKEN]) == [in_columns(said) for _, _, said in SPOKEN]


def test_every_dialect_is_spoken_here() -> None:
    keys = {key for _, span, _ in SPOKEN for key in (span.scope, span.name, *span.attributes)}
    for dialect in DIALECTS:
        own = {dialect.scope, *dialect.says, *dialect.hints, *dialect.implies}
        own |= {
            key for said in (dialect.keys, *dialect.when.values()) for each in said.values() for key in each
        }
        assert own & keys, dialect.name
