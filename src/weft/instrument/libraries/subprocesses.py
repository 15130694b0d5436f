"""subprocess: a child process gets the trace context in its environment, fresh at every start.

``subprocess.run``, ``check_output``, ``os.popen`` and asyncio's own event loop all go through ``Popen``;
uvloop starts processes itself, so ``asyncio.create_subprocess_*`` is seen to as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import wrapt

from weft.instrument.libraries.plain import replace
from weft.instrument.processes.launch import environment_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

# The place of `env` among Popen's positional arguments.
ENV: Final = 10


def popen(module: ModuleType) -> None:
    """Give every child of ``subprocess.Popen`` its context (``subprocess``)."""
    wrapt.wrap_function_wrapper(module, "Popen.__init__", _popen)


def create_subprocess(module: ModuleType) -> None:
    """The same for ``asyncio.create_subprocess_exec`` and ``_shell`` (``asyncio.subprocess``)."""
    import asyncio  # noqa: PLC0415 - the package that is being instrumented

    for name in ("create_subprocess_exec", "create_subprocess_shell"):
        setattr(asyncio, name, replace(module, name, _keyword))


def _popen(start: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if len(args) > ENV:
        return start(*args[:ENV], environment_for(args[ENV]), *args[ENV + 1 :], **kwargs)
    return _keyword(start, _, args, kwargs)


def _keyword(start: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    env = environment_for(kwargs.get("env"))
    return start(*args, **kwargs) if env is None else start(*args, **{**kwargs, "env": env})
