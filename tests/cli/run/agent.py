"""A program that knows nothing of Weft: ``python agent.py MODE ...``; it tells what it sees of itself."""

import json
import os
import signal
import sys
from pathlib import Path


def told() -> dict[str, object]:
    return {
        "argv": sys.argv,
        "name": __name__,
        "cwd": str(Path.cwd()),
        "path": sys.path,
        "pid": os.getpid(),
        "traceparent": os.environ.get("TRACEPARENT"),
    }


def main() -> None:
    mode = sys.argv[1]
    if mode == "tell":
        print(json.dumps(told()))
    elif mode == "echo":
        print(sys.stdin.read().upper(), end="")
        sys.exit(7)
    elif mode == "call":
        import httpx

        print(httpx.get(sys.argv[2], trust_env=False).status_code)
    elif mode == "wait":
        print("waiting", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
