"""What no column holds of AI work is found without reading all of a span, where it can be."""

from hypothesis import given
from hypothesis import strategies as st

from weft.decode.dialects.read import read
from weft.model.jaeger import SCOPE
from weft.model.work import Work
from weft.query.work import KEYS_WITHOUT_COLUMN, complete

says = st.sampled_from(["", "{}", '{"query": "tea"}', 7, True, "a-1"])
scopes = st.sampled_from(["", "pydantic-ai", "livekit-agents", "other"])
operations = st.sampled_from(["", "execute_tool", "chat"])


@given(
    said=st.dictionaries(st.sampled_from(sorted(KEYS_WITHOUT_COLUMN)), says, min_size=1, max_size=4),
    operation=operations,
    scope=scopes,
)
def test_it_is_what_reading_the_whole_span_gives(
    said: dict[str, str | int | bool], operation: str, scope: str
) -> None:
    attributes = {"gen_ai.operation.name": operation, SCOPE: scope, **said}
    whole = read(attributes, name="span", kind="internal", scope=scope)
    in_columns = Work(
        agent=whole.agent,
        operation=whole.operation,
        tool=whole.tool,
        model=whole.model,
        provider=whole.provider,
    )
    assert complete(in_columns, attributes, name="span", kind="internal") == whole
