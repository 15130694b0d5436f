"""Published prices: the same as the package that has them says, model by model."""

import sys

import genai_prices
import pytest
from genai_prices.data import providers
from genai_prices.types import ModelInfo, Provider

from weft.analyse.usage.published import PUBLISHED, PublishedPrices
from weft.analyse.usage.rate import FREE
from weft.model.work import Tokens

AT_NS = 1_790_000_000 * 10**9
USES = [Tokens(1000, 200), Tokens(500_000, 3000, 200_000, 100_000, 1000)]


def by_the_package(provider: Provider, model: ModelInfo, tokens: Tokens) -> float:
    from datetime import UTC, datetime

    usage = genai_prices.Usage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        output_reasoning_tokens=tokens.reasoning,
    )
    at = datetime.fromtimestamp(AT_NS // 10**9, UTC)
    return float(model.calc_price(usage, provider, genai_request_timestamp=at).total_price)


@pytest.mark.parametrize("tokens", USES)
@pytest.mark.parametrize("provider", providers, ids=lambda provider: provider.id)
def test_every_price_is_the_packages(provider: Provider, tokens: Tokens) -> None:
    for model in provider.models[::4]:
        if provider.find_model(model.id) is not model:
            continue
        rate = PUBLISHED.rate(provider.id, model.id, AT_NS)
        if rate is not None:
            assert rate.cost(tokens) == pytest.approx(by_the_package(provider, model, tokens)), model.id


@pytest.mark.parametrize(
    ("provider", "model", "dollars"),
    [
        ("openai", "gpt-4o-2024-08-06", 12.5),
        ("OpenAI", "GPT-4o", 12.5),
        ("", "gpt-4o", 12.5),
        ("a-gateway", "gpt-4o", 12.5),
        ("", "openai/gpt-4o", 12.5),
        ("az.ai.openai", "gpt-4o", 12.5),
        ("gcp.vertex_ai", "gemini-2.0-flash", 0.5),
        ("mistral_ai", "mistral-large-latest", 8),
        ("x_ai", "grok-3", 18),
        ("openai", "text-embedding-3-small", 0.02),
    ],
)
def test_names_are_read_as_spans_write_them(provider: str, model: str, dollars: float) -> None:
    rate = PUBLISHED.rate(provider, model, AT_NS)

    assert rate is not None
    million = rate.cost(Tokens(100_000)) * 10 + rate.cost(Tokens(0, 100_000)) * 10
    assert million == pytest.approx(dollars)


def test_ones_own_server_charges_nothing() -> None:
    for provider in ("ollama", "Ollama", "llama.cpp", "vllm"):
        assert PUBLISHED.rate(provider, "qwen3:8b", AT_NS) is FREE


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("ollama", "gpt-oss:120b-cloud"),
        ("", "llama3.2"),
        ("openai", "llama3.2"),
        ("aws.bedrock", "gpt-17"),
        ("openai", ""),
        ("", "gpt-4o" * 100),
        ("elevenlabs", "scribe_v1"),
    ],
)
def test_what_is_not_known_has_no_price(provider: str, model: str) -> None:
    assert PUBLISHED.rate(provider, model, AT_NS) is None


def test_the_price_is_that_of_the_day() -> None:
    before, after = (
        PUBLISHED.rate("openai", "o3", at_ns * 10**9) for at_ns in (1_748_000_000, 1_760_000_000)
    )

    assert before is not None
    assert after is not None
    assert before.cost(Tokens(100, 100)) == pytest.approx(5 * after.cost(Tokens(100, 100)))


@pytest.mark.parametrize("at_ns", [-(10**30), 0, 10**30])
def test_an_absurd_time_has_a_price(at_ns: int) -> None:
    assert PUBLISHED.rate("deepseek", "deepseek-chat", at_ns) is not None


def test_without_the_package_prices_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)

    assert PublishedPrices().rate("openai", "gpt-4o", AT_NS) is None
    assert PublishedPrices().rate("ollama", "qwen3:8b", AT_NS) is FREE
