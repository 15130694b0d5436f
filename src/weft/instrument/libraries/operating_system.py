"""os: exec and posix_spawn hand on a fresh environment; a forked child does not have its parent's live span.

``os.spawn*`` is a fork and an exec, ``os.popen`` is `subprocess`. ``os.system`` gives its shell the
environment as it is: no hook can change it for one call without changing it for all threads.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from weft.instrument.libraries.plain import replace
from weft.instrument.processes import fork
from weft.instrument.processes.launch import environment_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

FLUSH_S: Final = 1.0


def instrument(module: ModuleType) -> None:
    """Wrap the functions that all others of their kind end in (``os``)."""
    fork.watch()
    for name in ("posix_spawn", "posix_spawnp"):
        if hasattr(module, name):
            replace(module, name, _spawn)
    takes_descriptor = os.execve in os.supports_fd
    execve = replace(module, "execve", _execve)
    if takes_descriptor:
        os.supports_fd.add(execve)
    replace(module, "execv", _execv)


def _spawn(spawn: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``posix_spawn(path, argv, env, *, file_actions, ...)``."""
    if len(args) > 2:
        return spawn(*args[:2], environment_for(args[2]), *args[3:], **kwargs)
    return spawn(*args, **kwargs)


def _execve(exec_: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``execve(path, argv, env)``."""
    if len(args) == 3 and not kwargs:
        _flush(args[0])
        return exec_(*args[:2], environment_for(args[2]))
    return exec_(*args, **kwargs)


def _execv(exec_: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``execv(path, argv)``: hands on what ``os.environ`` mirrors."""
    if len(args) == 2 and not kwargs:
        _flush(args[0])
        fresh = environment_for(None)
        if fresh is not None:
            unwrapped = getattr(os.execve, "__wrapped__", os.execve)
            return unwrapped(*args, fresh)
    return exec_(*args, **kwargs)


def _flush(path: Any) -> None:
    """What has ended is sent before the program is replaced, which runs no exit handlers."""
    from weft.instrument.telemetry import flush  # noqa: PLC0415 - `weft.init` imports this module

    # execvp tries every folder of PATH; only one that has the program replaces this one.
    if not isinstance(path, int) and os.path.exists(path):  # noqa: PTH110 - bytes, too
        flush(FLUSH_S)
