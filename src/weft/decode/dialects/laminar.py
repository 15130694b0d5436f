"""Laminar, beside OTel GenAI (its costs are there).

Source: lmnr-ai/lmnr, app-server/src/traces/span_attributes.rs and db/spans.rs. A span is named after its
function.
"""

from typing import Final

from weft.decode.dialects.dialect import SPAN_NAME, Dialect, named_by

LAMINAR: Final = Dialect(
    name="Laminar",
    says={
        "lmnr.span.type": {
            "evaluation": "evaluate",
            "evaluator": "evaluate",
            "human_evaluator": "evaluate",
            "tool": "execute_tool",
        }
    },
    hints={"lmnr.span.type": {"cached": "chat", "default": "task", "executor": "task", "llm": "chat"}},
    keys={"conversation": ("lmnr.association.properties.session_id",)},
    when=named_by(SPAN_NAME, arguments=("lmnr.span.input",)),
)
