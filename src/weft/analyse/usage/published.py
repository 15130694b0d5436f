"""Published prices: the table of `genai-prices` as it was when that package was made; nothing is downloaded.

Its own calculation takes 67 µs a call and its matching up to half a millisecond. Here a model is matched
once, and the arithmetic is that of `Rate`: 3 µs together.
"""

from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

from weft.analyse.usage.rate import FREE, Prices, Rate, Steps, flat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genai_prices.types import ModelInfo, Provider

#: Servers that people run themselves: nobody charges them by the token.
_OWN: Final = frozenset(
    {"ollama", "llamacpp", "llama_cpp", "llama-cpp", "llama.cpp", "llamafile"}
    | {"lmstudio", "lm_studio", "lm-studio", "localai", "vllm", "sglang"}
)
_HOSTED: Final = ("-cloud", ":cloud")
"""How Ollama marks the models that run elsewhere, for a subscription."""
_LONGEST: Final = 200
"""No model has a longer name."""
_OTHER_NAMES: Final = {"x_ai": "x-ai", "moonshot_ai": "moonshotai", "mistral_ai": "mistral"}
"""Names of providers in the GenAI conventions that the package does not know."""
_LAST_NS: Final = 4_102_444_800 * 10**9
"""The year 2100: a later time is a mistake."""


class PublishedPrices:
    """Finds published prices.

    A model on a server of one's own (Ollama, llama.cpp, vLLM, …) costs 0, except those that Ollama runs in
    its cloud: these have no price by the token, and none is made up. Where the table knows the provider but
    not this model there, the price is unknown; where the provider is unknown or not named, the model's name
    decides. Without the package every price but that 0 is unknown.
    """

    def rate(self, provider: str, model: str, at_ns: int) -> Rate | None:
        """Find the price that was published for the day of a call; see `Prices.rate`."""
        if not model or len(model) > _LONGEST or len(provider) > _LONGEST:
            return None
        provider, model = provider.strip().lower(), model.strip().lower()
        if provider in _OWN:
            return None if model.endswith(_HOSTED) else FREE
        found = self._find(provider, model)
        if found is None or isinstance(found, Rate):
            return found
        return _rate(found.get_prices(datetime.fromtimestamp(max(0, min(at_ns, _LAST_NS)) // 10**9, UTC)))

    @cached_property
    def _find(self) -> Any:
        # Names are untrusted: what is remembered of them is bounded.
        return lru_cache(maxsize=4096)(self._look_up)

    def _look_up(self, provider: str, model: str) -> "Rate | ModelInfo | None":
        """Find the prices of a model, or, where they depend on the time, the model."""
        info = _match(self._providers, _OTHER_NAMES.get(provider, provider), model)
        if info is None or isinstance(info.prices, list):
            return info
        return _rate(info.prices)

    @cached_property
    def _providers(self) -> "list[Provider]":
        try:
            # Takes 0.4 s: only who meets a model without a cost waits for it.
            from genai_prices.data import providers  # noqa: PLC0415
        except ImportError:
            return []
        return providers


def _match(providers: "list[Provider]", name: str, model: str) -> "ModelInfo | None":
    provider = _named(providers, name)
    if provider is None and "/" in model:
        # As gateways write it: `openai/gpt-4o`.
        before, _, after = model.partition("/")
        provider = _named(providers, before)
        model = model if provider is None else after
    if provider is None:
        provider = next((one for one in providers if _matches(one.model_match, model)), None)
    return None if provider is None else provider.find_model(model, all_providers=providers)


def _named(providers: "Iterable[Provider]", name: str) -> "Provider | None":
    if not name:
        return None
    exact = next((provider for provider in providers if provider.id == name), None)
    return exact or next(
        (provider for provider in providers if _matches(provider.provider_match, name)), None
    )


def _matches(rule: Any, name: str) -> bool:
    return rule is not None and rule.is_match(name)


def _rate(price: Any) -> Rate | None:
    if price.input_mtok is None and price.output_mtok is None:
        return None  # charged by the hour, the page or the picture, which tokens do not say
    return Rate(
        input=_steps(price.input_mtok),
        output=_steps(price.output_mtok),
        cache_read=_steps(price.cache_read_mtok),
        cache_write=_steps(price.cache_write_mtok),
        reasoning=_steps(price.output_reasoning_mtok),
        call=float(price.requests_kcount or 0) / 1000,
    )


def _steps(price: Any) -> Steps:
    if price is None:
        return ()
    if hasattr(price, "tiers"):
        return (*flat(float(price.base)), *((tier.start, float(tier.price)) for tier in price.tiers))
    return flat(float(price))


PUBLISHED: Final[Prices] = PublishedPrices()
