"""A digest of what a function is called with: equal for equal calls, and nothing of what they say.

What a tool is called with is often personal, and in OpenTelemetry's conventions recorded by choice only
(``gen_ai.tool.call.arguments``). That a call was made before can be told without it.
"""

from __future__ import annotations

import inspect
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Final

from weft.instrument.canonical import Canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BYTES: Final = 8  # of a digest
_BY_PLACE: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_OWNERS: Final = ("self", "cls")


class Arguments:
    """Tells calls of one function apart by their arguments.

    Args:
        function: What is called. A first parameter called ``self`` or ``cls`` is not part of it.

    Raises:
        Exception: Its signature cannot be found (`inspect.signature`, which may ask the function's own code).
    """

    __slots__ = ("_defaults", "_names", "_owner")

    def __init__(self, function: Callable[..., object]) -> None:
        parameters = inspect.signature(function).parameters
        self._names = [name for name, parameter in parameters.items() if parameter.kind in _BY_PLACE]
        self._owner = self._names[0] if self._names and self._names[0] in _OWNERS else None
        self._defaults: dict[str, str] = {}
        for name, parameter in parameters.items():
            if parameter.default is not inspect.Parameter.empty:
                try:
                    self._defaults[name] = Canonical().text(parameter.default)
                except ValueError:
                    continue

    def digest(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> str | None:
        """Digest the arguments of a call, whichever of them are given by place and whichever by name.

        An argument that has its default is as one that is not given. Three short ones take 5 µs, the largest
        that are digested 0.3 ms.

        Returns:
            16 hex digits of BLAKE2b, the same in every process; None where an argument is no plain data or
            they are large (`Canonical`).
        """
        write, defaults, owner = Canonical().text, self._defaults, self._owner
        told = []
        try:
            for name, value in chain(zip(self._names, args, strict=False), kwargs.items()):
                key = write(name)  # first: it refuses a subclass, of which comparing would call methods
                if name != owner and defaults.get(name) != (text := write(value)):
                    told.append(key + text)
            told.sort()
            told.append(write(args[len(self._names) :]))
        except (ValueError, RuntimeError, MemoryError):  # also where another thread changes one
            return None
        return blake2b("".join(told).encode("utf-8", "surrogatepass"), digest_size=_BYTES).hexdigest()
