"""Opaque bodies on disk: in order, bounded, safe against a crash. Standard library only."""

from weft.journal.damage import Damage
from weft.journal.errors import JournalClosed, JournalError, JournalFormat, JournalFull, JournalLocked
from weft.journal.journal import Journal
from weft.journal.ledger import NOTE_LIMIT, Mark
from weft.journal.record import BODY_LIMIT

__all__ = [
    "BODY_LIMIT",
    "NOTE_LIMIT",
    "Damage",
    "Journal",
    "JournalClosed",
    "JournalError",
    "JournalFormat",
    "JournalFull",
    "JournalLocked",
    "Mark",
]
