"""That a span failed, and what it says of it."""

from typing import NamedTuple

from weft.analyse.errors.sorts import Sort


class Sign(NamedTuple):
    """That a span failed.

    Attributes:
        sort: What sort of failure.
        type: The exception's type or the code, as the span writes it; may be empty.
        message: What came with it, its beginning; may be empty.
        sure: False for an exception that was recorded and may have been dealt with.
    """

    sort: Sort
    type: str = ""
    message: str = ""
    sure: bool = True

    @property
    def called_off(self) -> bool:
        """Whether somebody else seems to have ended the work."""
        return self.sort in ("cancellation", "hang-up")
