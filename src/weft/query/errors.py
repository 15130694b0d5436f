"""What can go wrong with a question."""


class QueryError(Exception):
    """A question could not be answered.

    Attributes:
        status: The HTTP status that fits: 503 when asking again may help, 500 otherwise.
    """

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.status = status
