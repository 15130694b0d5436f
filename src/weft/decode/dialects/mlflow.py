"""MLflow Tracing: values are JSON, so that a word has its quotes.

Source: mlflow/mlflow, mlflow/tracing/constant.py and mlflow/entities/span.py (`SpanType`).
"""

from typing import Final

from weft.decode.dialects.dialect import SPAN_NAME, Dialect, named_by
from weft.decode.dialects.documents import counts, dollars

_USAGE: Final = "mlflow.chat.tokenUsage"
_COST: Final = "mlflow.llm.cost"

MLFLOW: Final = Dialect(
    name="MLflow",
    says={
        "mlflow.spanType": {
            "agent": "invoke_agent",
            "embedding": "embeddings",
            "evaluator": "evaluate",
            "guardrail": "guardrail",
            "memory": "memory",
            "reranker": "rerank",
            "retriever": "retrieval",
            "tool": "execute_tool",
            "workflow": "invoke_workflow",
        }
    },
    hints={
        "mlflow.spanType": {
            "chain": "task",
            "chat_model": "chat",
            "llm": "chat",
            "parser": "task",
            "task": "task",
        }
    },
    keys={
        "model": ("mlflow.llm.model",),
        "provider": ("mlflow.llm.provider",),
        "conversation": ("mlflow.trace.session",),
    },
    when=named_by(SPAN_NAME, arguments=("mlflow.spanInputs",)),
    documents={
        "input": ((_USAGE, counts),),
        "output": ((_USAGE, counts),),
        "total": ((_USAGE, counts),),
        "cache_read": ((_USAGE, counts),),
        "cache_write": ((_USAGE, counts),),
        "cost": ((_COST, dollars),),
        "input_cost": ((_COST, dollars),),
        "output_cost": ((_COST, dollars),),
    },
)
