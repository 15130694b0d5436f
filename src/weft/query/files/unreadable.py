"""What could not be read, and where it stands."""

from collections.abc import Callable


class Unreadable(ValueError):
    """A file, or a part of it, could not be read. The message names the file, the place and the cause.

    Args:
        file: The file, as the user named it.
        place: Where in it (`line 3`); empty for the whole.
        cause: Why, in a few words.
    """

    def __init__(self, file: str, place: str, cause: str) -> None:
        super().__init__(f"{file}, {place}: {cause}" if place else f"{file}: {cause}")
        self.file = file
        self.place = place
        self.cause = cause


Complain = Callable[[str, str], None]
"""Takes the place and the cause of what could not be read; reading goes on behind it."""
