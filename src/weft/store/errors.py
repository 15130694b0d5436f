"""What can go wrong with the store, by cause."""


class StoreError(Exception):
    """The store did not do what it was asked; the message names what and why."""


class StoreUnavailable(StoreError):
    """The store cannot work now (disk full, out of memory, input and output errors); later it may."""


class ReadTimedOut(StoreError):
    """A read took longer than it may."""
