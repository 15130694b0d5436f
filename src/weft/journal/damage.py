"""Places where a journal's files cannot be read: kept, bounded, for the owner to report."""

from __future__ import annotations

from typing import NamedTuple

#: How many places are remembered one by one; beyond that they are only counted.
PLACES_LIMIT = 1000


class Damage(NamedTuple):
    """One stretch of a file that cannot be read.

    Attributes:
        file: The file's name inside the journal's directory.
        offset: Where the stretch begins, in bytes.
        length: How long it is, in bytes; 0 where bytes are missing altogether.
        lost: Sequence numbers of the entries that were in it. At the very end of a journal, where nothing
            behind the damage tells, it is as many as could have been there, so that none is given out twice;
            there they may also belong to an append that was under way when the power failed. Of the ledger:
            its records, not the journal's entries.
    """

    file: str
    offset: int
    length: int
    lost: range

    def __str__(self) -> str:
        text = f"{self.file}: {self.length:,} bytes at offset {self.offset:,} cannot be read"
        if self.lost:
            text += f"; lost: {self.lost.start} to {self.lost.stop - 1}"
        return text


class Damages:
    """Distinct places of damage, at most `PLACES_LIMIT` of them, and how many there were."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, int], Damage] = {}
        self._unlisted = 0

    def add(self, damage: Damage) -> None:
        """Remembers a place; the same place again changes nothing."""
        place = (damage.file, damage.offset)
        if place in self._places:
            return
        if len(self._places) < PLACES_LIMIT:
            self._places[place] = damage
        else:
            self._unlisted += 1

    @property
    def places(self) -> tuple[Damage, ...]:
        """The places that are remembered, in the order in which they were found."""
        return tuple(self._places.values())

    @property
    def count(self) -> int:
        """How many places were found; those beyond the limit count each time they are read."""
        return len(self._places) + self._unlisted
