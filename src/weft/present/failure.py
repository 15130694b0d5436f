"""How Weft's own API says that it cannot answer."""

from starlette.responses import JSONResponse, Response


def failure(status: int, message: str) -> Response:
    """Answer with an HTTP status and, as JSON, one line for a person."""
    return JSONResponse({"error": {"message": message}}, status)
