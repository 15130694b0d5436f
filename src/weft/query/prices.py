"""The prices that count: a file of the user's before the published ones."""

from pathlib import Path

from weft.analyse.usage.price_file import PriceFileError, read_prices
from weft.analyse.usage.published import PUBLISHED
from weft.analyse.usage.rate import Prices


def open_prices(path: Path | None) -> Prices:
    """Read a price file (`weft.analyse.usage.price_file`); without one the published prices count.

    Raises:
        PriceFileError: It cannot be read or used.
    """
    if path is None:
        return PUBLISHED
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PriceFileError(
            f"price file {path} cannot be read: {(error.strerror or str(error)).lower()}"
        ) from error
    return read_prices(content, str(path), PUBLISHED)
