"""concurrent.futures.ProcessPoolExecutor: a task runs in the context of whoever submitted it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import wrapt

from weft.instrument.processes.task import task

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def instrument(module: ModuleType) -> None:
    """Wrap the method that ``map`` and ``run_in_executor`` use as well (``concurrent.futures.process``)."""
    wrapt.wrap_function_wrapper(module, "ProcessPoolExecutor.submit", _submit)


def _submit(submit: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if args and callable(args[0]):
        return submit(task(args[0]), *args[1:], **kwargs)
    return submit(*args, **kwargs)  # the error is the method's to raise
