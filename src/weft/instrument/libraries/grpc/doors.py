"""Where a gRPC server listens: a call does not tell at which of its server's ports it came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import wrapt

from weft.instrument.libraries.grpc.target import place

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

Ports = list[tuple[str, int | None]]


class Doors:
    """The ports of every server, as they are added."""

    def __init__(self) -> None:
        self._ports: WeakKeyDictionary[Any, Ports] = WeakKeyDictionary()

    def of(self, server: object) -> Ports:
        """Return the (host, port) pairs of a server: a list that grows with the server."""
        return self._ports.setdefault(server, [])

    def watch(self, module: ModuleType, server_class: str) -> None:
        """Remember what is added to servers of a class from now on."""

        def add(bind: Callable[..., int], server: object, args: Any, kwargs: Any) -> int:
            port = bind(*args, **kwargs)
            host, asked = place(str(args[0] if args else kwargs.get("address", "")))
            self.of(server).append((host, port if asked is not None else None))
            return port

        for method in ("add_insecure_port", "add_secure_port"):
            wrapt.wrap_function_wrapper(module, f"{server_class}.{method}", add)


def door(ports: Ports) -> tuple[str, int | None]:
    """The port that a call came in at: known where the server has one only."""
    return ports[0] if len(ports) == 1 else ("", None)
