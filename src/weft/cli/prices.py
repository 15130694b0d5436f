"""The option that says what models cost."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from weft.analyse.usage.rate import Prices


def prices_option(command: "Callable[..., Any]") -> "Callable[..., Any]":
    """Add `--prices`; the command gets the file's prices, or the published ones."""
    return click.option(
        "--prices",
        metavar="FILE",
        envvar="WEFT_PRICES",
        type=click.Path(path_type=Path),
        callback=_open,
        help="Prices of your own, TOML or JSON; they come before the published ones.  [env: WEFT_PRICES]",
    )(command)


def _open(ctx: click.Context, param: click.Parameter, path: Path | None) -> "Prices":  # noqa: ARG001 (click's signature)
    from weft.analyse.usage.price_file import PriceFileError
    from weft.query.prices import open_prices

    try:
        return open_prices(path)
    except PriceFileError as error:
        raise click.UsageError(str(error)) from error
