"""LoongSuite, Alibaba's agents for Python, Java and Go, beside OTel GenAI.

Source: alibaba/loongsuite-python-agent, `gen_ai.span.kind`.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect

LOONGSUITE: Final = Dialect(
    name="LoongSuite",
    says={
        "gen_ai.span.kind": {
            "agent": "invoke_agent",
            "embedding": "embeddings",
            "entry": "invoke_workflow",
            "reranker": "rerank",
            "retriever": "retrieval",
            "tool": "execute_tool",
        }
    },
    hints={"gen_ai.span.kind": {"chain": "task", "llm": "chat", "step": "task", "task": "task"}},
)
