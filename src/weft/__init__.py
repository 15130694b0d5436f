"""Weft keeps one thread through every agent: the agent side's public API.

Everything is loaded when it is first used; ``import weft`` itself loads the standard library only.

PYTEST_DONT_REWRITE: pytest warns of a package with a plugin that was imported before it began, as this one is
under ``weft run pytest``. With ``-W error`` that would end the test run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weft.context import messages
    from weft.context.current import attached
    from weft.context.propagation import extract, inject
    from weft.instrument.bound import bound
    from weft.instrument.genai import agent, tool, workflow
    from weft.instrument.libraries import redis_pubsub as redis
    from weft.instrument.libraries import websockets
    from weft.instrument.telemetry import Telemetry, flush, init

    __version__: str

__all__ = [
    "Telemetry",
    "__version__",
    "agent",
    "attached",
    "bound",
    "extract",
    "flush",
    "init",
    "inject",
    "messages",
    "redis",
    "tool",
    "websockets",
    "workflow",
]

# Public name: the module that has it, and its name there (none where the module itself is meant).
_HOME = {
    "Telemetry": ("weft.instrument.telemetry", "Telemetry"),
    "agent": ("weft.instrument.genai", "agent"),
    "attached": ("weft.context.current", "attached"),
    "bound": ("weft.instrument.bound", "bound"),
    "extract": ("weft.context.propagation", "extract"),
    "flush": ("weft.instrument.telemetry", "flush"),
    "init": ("weft.instrument.telemetry", "init"),
    "inject": ("weft.context.propagation", "inject"),
    "messages": ("weft.context.messages", ""),
    "redis": ("weft.instrument.libraries.redis_pubsub", ""),
    "tool": ("weft.instrument.genai", "tool"),
    "websockets": ("weft.instrument.libraries.websockets", ""),
    "workflow": ("weft.instrument.genai", "workflow"),
}


def __getattr__(name: str) -> object:
    """Load a public name (PEP 562)."""
    if name == "__version__":
        value: object = _version()
    elif name in _HOME:
        module, attribute = _HOME[name]
        value = getattr(import_module(module), attribute) if attribute else import_module(module)
    else:
        raise AttributeError(f"module 'weft' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - as slow as all the rest

    try:
        return version("weft")
    except PackageNotFoundError:
        return "unknown"
