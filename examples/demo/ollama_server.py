"""Is there a real model? An Ollama server at OLLAMA_HOST that answers and has one."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class OllamaServer:
    """A model server that runs already.

    Attributes:
        url: As OLLAMA_HOST has it.
        model: The model that the agents will ask.
    """

    url: str
    model: str


def find() -> tuple[OllamaServer | None, str]:
    """The server at OLLAMA_HOST, or None and why not: nothing where the variable is not set."""
    url = os.environ.get("OLLAMA_HOST", "")
    if not url:
        return None, ""
    import httpx  # noqa: PLC0415 - half a second that only those pay who have a model
    import ollama  # noqa: PLC0415

    try:
        models = [str(model.model) for model in ollama.Client(timeout=5).list().models]
    except (httpx.HTTPError, ConnectionError, ollama.ResponseError, ValueError):
        return None, f"no Ollama answers at OLLAMA_HOST={url}"
    chosen = os.environ.get("OLLAMA_MODEL") or next(iter(models), "")
    if not chosen:
        return None, f"the Ollama at OLLAMA_HOST={url} has no model (ollama pull llama3.2)"
    return OllamaServer(url, chosen), ""
