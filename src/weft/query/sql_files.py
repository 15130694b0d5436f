"""The SQL files."""

from functools import cache
from importlib.resources import files


@cache
def sql(name: str) -> str:
    """Give the text of a file of `weft.query.sql`."""
    return files("weft.query.sql").joinpath(f"{name}.sql").read_text()
