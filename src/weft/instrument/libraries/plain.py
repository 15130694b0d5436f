"""A module's function replaced by a plain function, which can be pickled and copied as the one before it.

wrapt's proxies cannot: ``pickle.dumps(os.execv)`` and ``copy.deepcopy(asyncio.wait_for)`` raise
NotImplementedError (measured, wrapt 2.5).
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def replace(module: ModuleType, name: str, wrapper: Callable[..., Any]) -> Any:
    """Put a wrapper around a function of a module.

    Args:
        module: The module, under whose name the function can be imported.
        name: The function; sync or async.
        wrapper: As wrapt's: ``wrapper(function, None, args, kwargs)``.

    Returns:
        What is in the module now, with the function itself as its ``__wrapped__``.
    """
    function = getattr(module, name)
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def call(*args: Any, **kwargs: Any) -> Any:
            return await wrapper(function, None, args, kwargs)
    else:

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return wrapper(function, None, args, kwargs)

    call.__module__ = module.__name__  # those of `os` say that they are from `posix`, and are not found there
    setattr(module, name, call)
    return call
