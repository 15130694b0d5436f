"""How the examples behind HTTP are started: on a port, with a line that says how to try them."""

import argparse
import signal
import sys

import fastapi
import uvicorn


def serve(app: fastapi.FastAPI, what: str | None, *, port: int, path: str, body: str) -> None:
    """Read `--port`, say how to try it, and serve on loopback until the process is told to stop.

    Args:
        app: The agent.
        what: What it is, for `--help`.
        port: Where it listens unless told otherwise.
        path: What to call, and
        body: with which JSON, to try it.
    """
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=port, help=f"where it listens (default: {port})")
    chosen = parser.parse_args().port
    # uvicorn finishes what it has begun and then sends itself the signal again. By default that would end the
    # process without its exit handlers, and the spans of the last second would never be sent.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    print(
        f"try: curl -s http://127.0.0.1:{chosen}{path} -H 'content-type: application/json' -d '{body}'",
        flush=True,
    )
    uvicorn.run(app, port=chosen, log_level="warning")
