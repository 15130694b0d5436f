"""Facts computed at once, where no backend does it in the background."""

from collections.abc import Iterator

from weft.query.errors import QueryError
from weft.query.facts.facts import Facts, batches
from weft.query.facts.waiting import Waiting, WaitingTrace
from weft.store.errors import StoreError


def catch_up(waiting: Waiting, facts: Facts) -> Iterator[WaitingTrace]:
    """Compute all facts that are missing or out of date.

    Stopped at any moment, what was done is kept.

    Yields:
        Each trace once its facts are kept.

    Raises:
        QueryError: The store cannot be used.
    """
    try:
        while found := waiting.next():
            for batch in batches(found):
                facts.keep(batch)
                yield from batch
    except StoreError as error:
        raise QueryError(str(error)) from error
