"""What ``weft.init`` was told, for worker processes whose main module does not call it (spawn, forkserver).

It goes through the pipe that the task goes through, and nowhere else: headers may be secrets, and whoever may
look at a process may read its environment and its command line.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Mapping
from typing import Any

_log = logging.getLogger("weft")
_kept: bytes | None = None


def keep(arguments: Mapping[str, object]) -> None:
    """Keep the arguments of ``weft.init``; one that no pipe can carry costs a line in the debug log."""
    global _kept  # noqa: PLW0603 - a process is set up once
    carried: dict[str, Any] = {}
    for name, value in arguments.items():
        plain = dict(value) if isinstance(value, Mapping) else value
        try:
            pickle.dumps(plain)
        except Exception:  # noqa: BLE001 - whatever the user passed may refuse in any way
            _log.debug("weft: %s= is not handed on to worker processes", name)
        else:
            carried[name] = plain
    _kept = pickle.dumps(carried)


def kept() -> bytes | None:
    """The arguments for `begin`; None where ``weft.init`` was not called."""
    return _kept


def begin(arguments: bytes | None) -> None:
    """Set up telemetry in a worker process as in the one that started it, unless it is set up already."""
    # Here and not above: `weft.init` imports this module to have its arguments kept.
    from weft.instrument import telemetry  # noqa: PLC0415

    if arguments is not None and not telemetry.is_set_up():
        telemetry.init(**pickle.loads(arguments)).lend()  # noqa: S301 - from the process that started this one
