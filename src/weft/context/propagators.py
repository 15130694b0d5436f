"""The propagator in use: OpenTelemetry's global one, and what OTEL_PROPAGATORS asks it to write.

``import opentelemetry.propagate`` raises when the variable names a propagator that is misspelt or not
installed (measured, opentelemetry-api 1.45), also where Weft has that format itself. Weft therefore
imports it here and nowhere else, with nothing configured, and then sets a propagator of its own. It does
so too where the program was first and OpenTelemetry has made one of the environment: how contexts are read
must not depend on the order of imports.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final, NamedTuple

from weft.context.formats.order import FORMATS
from weft.context.propagator import BAGGAGE, W3C, Propagator

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from opentelemetry.context import Context
    from opentelemetry.propagators.textmap import TextMapPropagator

VARIABLE: Final = "OTEL_PROPAGATORS"
DEFAULT: Final = (W3C, BAGGAGE)
WEFT: Final = "weft"
NONE: Final = "none"
OURS: Final = frozenset({W3C, BAGGAGE, *(each.name for each in FORMATS)})

_log = logging.getLogger("weft")


class Wanted(NamedTuple):
    """What OTEL_PROPAGATORS asks for.

    Attributes:
        formats: Names of formats that Weft writes itself.
        others: Propagators of other packages.
        unknown: Names that nobody provides.
    """

    formats: tuple[str, ...]
    others: tuple[TextMapPropagator, ...] = ()
    unknown: tuple[str, ...] = ()


def current() -> TextMapPropagator:
    """The propagator that every instrumentation in this process uses."""
    from opentelemetry.propagate import get_global_textmap  # noqa: PLC0415 - only after `load` made it importable

    return get_global_textmap()


def wanted(value: str | None = None) -> Wanted:
    """Read a value of OTEL_PROPAGATORS; the variable's by default.

    ``weft`` is ``tracecontext,baggage``, which is the default too. ``none``, anywhere, is none.
    """
    text = os.environ.get(VARIABLE, "") if value is None else value
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        return Wanted(DEFAULT)
    if any(name.lower() == NONE for name in names):
        return Wanted(())
    formats: list[str] = []
    others: list[TextMapPropagator] = []
    unknown: list[str] = []
    for name in names:
        if name in OURS:
            formats.append(name)
        elif name == WEFT:
            formats.extend(DEFAULT)
        elif (other := _loaded(name)) is not None:
            others.append(other)
        else:
            unknown.append(name)
    if unknown and not formats and not others:
        formats.extend(DEFAULT)
    return Wanted(tuple(dict.fromkeys(formats)), tuple(others), tuple(unknown))


def configured(
    agent: Callable[[Context], str] | None = None, baggage_keys: Collection[str] | None = None
) -> Propagator:
    """Make the propagator that the environment asks for; a name that nobody provides costs one warning.

    A propagator that the program has set itself is read and written as well.

    Args:
        agent: See `Propagator`.
        baggage_keys: See `Propagator`.
    """
    asked = wanted()
    _complain(asked.unknown, asked.formats + tuple(type(other).__name__ for other in asked.others))
    theirs = _set_by_the_program()
    others = (*asked.others, theirs) if theirs is not None else asked.others
    return Propagator(asked.formats, others=others, agent=agent, baggage_keys=baggage_keys)


def use(propagator: TextMapPropagator) -> None:
    """Make a propagator the one that every instrumentation in this process uses."""
    from opentelemetry.propagate import set_global_textmap  # noqa: PLC0415 - only after `load` made it importable

    set_global_textmap(propagator)


def load() -> None:
    """Import OpenTelemetry's propagation API, and use what the environment asks for, read by our rules."""
    if "opentelemetry.propagate" not in sys.modules:
        with _variable(NONE):
            import_module("opentelemetry.propagate")
    elif _set_by_the_program() is not None:
        return  # it stays alone until `weft.init`
    use(configured())


@cache
def _complain(unknown: tuple[str, ...], others: tuple[str, ...]) -> None:
    """Say it once, however often the environment is read."""
    if unknown:
        _log.warning(
            "weft: %s: no propagator is called %s; going on with %s. Check the spelling, or install the "
            "package that has it (pip install opentelemetry-propagator-...).",
            VARIABLE,
            " or ".join(map(repr, unknown)),
            ",".join(others),
        )


def _set_by_the_program() -> TextMapPropagator | None:
    """The global propagator, where it is neither what OpenTelemetry made of the environment nor ours."""
    found = current()
    if type(found).__module__.startswith("weft."):
        return None
    with suppress(Exception):  # private, and raises where the variable has been changed to something wrong
        made = import_module("opentelemetry.propagate")._load_propagators()
        if _parts(found) == _parts(made):
            return None
    return found


def _parts(propagator: TextMapPropagator) -> list[type]:
    """What a propagator consists of."""
    return [type(propagator), *(type(each) for each in getattr(propagator, "_propagators", ()))]


def _loaded(name: str) -> TextMapPropagator | None:
    """Another package's propagator; None where there is none, or none that can be made."""
    for entry_point in entry_points(group="opentelemetry_propagator", name=name):
        try:
            propagator: TextMapPropagator = entry_point.load()()
        except Exception:  # noqa: BLE001 - other people's packages fail in any way; the answer is the same
            return None
        return propagator
    return None


@contextmanager
def _variable(value: str) -> Iterator[None]:
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


load()
