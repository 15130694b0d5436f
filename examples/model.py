"""One call to the model, as a span of OpenTelemetry's GenAI semantic conventions.

The server is Ollama, or whatever speaks its API at OLLAMA_HOST; `python examples/model_server.py` does, from
a script. The model is OLLAMA_MODEL, or else the first one that the server has.
Source: open-telemetry/semantic-conventions-genai, model/gen-ai/spans.yaml (`gen_ai.inference.client`).
"""

import os
from functools import cache

import ollama
from opentelemetry import trace
from opentelemetry.trace import SpanKind

client = ollama.Client(timeout=120)  # at OLLAMA_HOST, or else 127.0.0.1:11434
tracer = trace.get_tracer("examples.model")


def chat(prompt: str, *, system: str) -> str:
    """Ask the model, and say in a span what was asked of which model and what it took."""
    model = name()
    about = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "ollama",
        "gen_ai.request.model": model,
    }
    with tracer.start_as_current_span(f"chat {model}", kind=SpanKind.CLIENT, attributes=about) as span:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
        answer = client.chat(model=model, messages=messages)
        span.set_attribute("gen_ai.response.model", answer.model or model)
        span.set_attribute("gen_ai.response.finish_reasons", [answer.done_reason or "stop"])
        span.set_attribute("gen_ai.usage.input_tokens", answer.prompt_eval_count or 0)
        span.set_attribute("gen_ai.usage.output_tokens", answer.eval_count or 0)
        return answer.message.content or ""


@cache
def name() -> str:
    """The model that is asked."""
    if chosen := os.environ.get("OLLAMA_MODEL"):
        return chosen
    names = [str(model.model) for model in client.list().models]
    if not names:
        raise RuntimeError("the Ollama server has no model: `ollama pull llama3.2`, or set OLLAMA_MODEL")
    return names[0]
