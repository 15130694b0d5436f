"""Readers of JSON in attribute values that several dialects share. Whatever is odd in it says nothing."""

import json
from collections.abc import Mapping
from typing import Final

from weft.decode.dialects.dialect import Document, Field

#: Counts by the names that providers and SDKs give them.
_COUNTS: Final[Mapping[str, Field]] = {
    "input": "input",
    "input_tokens": "input",
    "inputTokens": "input",
    "prompt_tokens": "input",
    "promptTokens": "input",
    "output": "output",
    "output_tokens": "output",
    "outputTokens": "output",
    "completion_tokens": "output",
    "completionTokens": "output",
    "total": "total",
    "total_tokens": "total",
    "totalTokens": "total",
    "cache_read_input_tokens": "cache_read",
    "cachedInputTokens": "cache_read",
    "cache_creation_input_tokens": "cache_write",
    "reasoning_tokens": "reasoning",
    "reasoningTokens": "reasoning",
}
_DOLLARS: Final[Mapping[Field, tuple[str, ...]]] = {
    "cost": ("total", "total_cost"),
    "input_cost": ("input", "input_cost"),
    "output_cost": ("output", "output_cost"),
}


def counts(document: object) -> Mapping[Field, object]:
    """Token counts in one object."""
    if not isinstance(document, dict):
        return {}
    return {field: document[key] for key, field in _COUNTS.items() if key in document}


def dollars(document: object) -> Mapping[Field, object]:
    """A cost in one object: its total, or else what was read and what was written."""
    if not isinstance(document, dict):
        return {}
    found: dict[Field, object] = {}
    for field, names in _DOLLARS.items():
        said = [document[name] for name in names if name in document]
        if said:
            found[field] = said[-1]
    return found


def at(*path: str, says: Field) -> Document:
    """A reader of one member; an object or a list there is told as JSON."""

    def read(document: object) -> Mapping[Field, object]:
        for step in path:
            document = document.get(step) if isinstance(document, dict) else None
        if isinstance(document, (dict, list)):
            document = json.dumps(document, sort_keys=True, ensure_ascii=False)
        return {} if document is None else {says: document}

    return read
