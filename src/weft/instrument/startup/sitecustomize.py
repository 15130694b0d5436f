"""Run by every Python interpreter that ``weft run`` starts: its folder comes first on PYTHONPATH.

Python imports ``sitecustomize`` before the program (module ``site``). One that stands further down the path
is run as if this were not here. The interpreter may be any: one without Weft, or one too old for it.
"""
# ruff: noqa: INP001, PTH100, PTH120 - no package, and as few imports as there can be before every program

import importlib.machinery
import importlib.util
import os
import sys

#: The process id of `weft run`, which the program keeps: it takes the place of the command.
PROGRAM = "WEFT_RUN_PID"
INSTRUMENT = "WEFT_INSTRUMENT"


def _trace() -> None:
    """Connect this process, as if the program had begun with ``weft.init()``."""
    if any("multiprocessing.resource_tracker" in argument for argument in getattr(sys, "orig_argv", ())):
        return  # a helper of Python's own, which has no work to trace
    try:
        from weft.instrument import telemetry  # noqa: PLC0415 - it may not be there
    except Exception as error:  # noqa: BLE001 - the program starts, traced or not
        if os.environ.get(PROGRAM) == str(os.getpid()):  # said once, and not by every child
            why = "weft is not installed there" if _is_missing(error) else str(error)
            sys.stderr.write(f"weft run: no spans from {sys.executable}: {why}\n")
        return
    names = os.environ.get(INSTRUMENT)
    # Lent: where the program calls `weft.init` itself, that call is the first, and wins.
    telemetry.init(instrument=True if names is None else names.split(",")).lend()


def _is_missing(error: Exception) -> bool:
    return isinstance(error, ImportError) and error.name in ("weft", "weft.instrument")


def _run_the_next_one() -> None:
    """Run the ``sitecustomize`` that this one hides, if there is one; what it raises is told by ``site``."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


try:
    _run_the_next_one()
finally:
    _trace()
