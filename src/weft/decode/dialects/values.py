"""What a value is worth as a name, a number or a document. Both appliers ask here, so that they agree."""

import json
import math
import re
from functools import lru_cache
from typing import Final

from weft.decode.dialects.dialect import Document, Field
from weft.model.payloads import LARGE

#: No call reads or writes more tokens than this.
MOST_TOKENS: Final = 1 << 40
#: No call costs more US dollars than this.
MOST_COST: Final = 1e9

_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DIGITS: Final = 40
#: Providers as older conventions and other SDKs call them.
_PROVIDERS: Final = {
    "aws": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "amazon-bedrock": "aws.bedrock",
    "az.ai.inference": "azure.ai.inference",
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "azure-openai.chat": "azure.ai.openai",
    "azure-openai.responses": "azure.ai.openai",
    "anthropic.messages": "anthropic",
    "cohere.chat": "cohere",
    "gemini": "gcp.gemini",
    "google": "gcp.gen_ai",
    "google.generative-ai": "gcp.gemini",
    "google.vertex.chat": "gcp.vertex_ai",
    "google-gla": "gcp.gemini",
    "google-vertex": "gcp.vertex_ai",
    "mistral.chat": "mistral_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "openai.chat": "openai",
    "openai.responses": "openai",
    "openai.completion": "openai",
    "openai.embedding": "openai",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "xai": "x_ai",
    "xai.chat": "x_ai",
}


def text_of(value: object) -> str:
    """The text of a value that can name something; empty for all others and for large ones."""
    if isinstance(value, str):
        if len(value) >= LARGE:  # no character takes less than a byte
            return ""
        encoded = value.encode("utf-8", "replace")  # JSON can say half a character
        return encoded.decode() if len(encoded) < LARGE else ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() <= 64 else ""
    return ""


def name_of(text: str) -> str:
    """A name without what some exporters put around it: space, and the quotes of JSON (MLflow)."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].strip()
    return text


def word_of(text: str) -> str:
    """A name that is one of few words: in lower case."""
    return name_of(text).lower()


def provider_of(name: str) -> str:
    """A provider as the conventions call it now."""
    name = name.lower()
    return _PROVIDERS.get(name, name)


def number_of(value: object) -> float | None:
    """A number that is finite and not negative, also as text; None for everything else."""
    if isinstance(value, str):
        return _number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):
        return float(value) if 0 <= value <= MOST_TOKENS else None
    return _number(repr(value))


def _number(text: str) -> float | None:
    text = name_of(text)
    if len(text) > _DIGITS or not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def within(field: str, number: float | None) -> float | None:
    """The number, if a field can have it: tokens are whole, and both tokens and dollars have a bound."""
    if number is None:
        return None
    if field.endswith("cost"):
        return number if number <= MOST_COST else None
    return float(int(number)) if number <= MOST_TOKENS else None


@lru_cache(maxsize=4096)
def documented(read: Document, text: str) -> dict[Field, object]:
    """What a document says; nothing when it is not JSON."""
    try:
        parsed = json.loads(text)
        if isinstance(parsed, str):  # JSON within JSON, as MLflow writes it
            parsed = json.loads(parsed)
        return dict(read(parsed))
    except (ValueError, RecursionError):
        return {}
