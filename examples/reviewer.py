"""A reviewing agent behind HTTP that sometimes fails: `POST /execute {"topic": "…", "draft": "…"}`.

    python examples/reviewer.py --port 8003

It fails when the task says `"fail": true`, never when it says `"fail": false`, and otherwise once in a while:
REVIEW_FAILURES is how often, from 0 to 1 (default 0.2). What a function raises is in its span and in those
above it, so the trace says in which agent a failure began.
"""

import os
import random
import re

import fastapi
from pydantic import BaseModel

import model
import serving
import weft

weft.init("review-agent")
app = fastapi.FastAPI()

FAILURES = float(os.environ.get("REVIEW_FAILURES", "0.2"))


class SourcesUnreachable(Exception):
    """The archive that the sources are looked up in does not answer."""


class Task(BaseModel):
    topic: str
    draft: str
    fail: bool | None = None


@app.post("/execute")
@weft.agent("reviewer")
def execute(task: Task) -> dict[str, bool | str]:
    checked = check_sources(task.draft, fail=random.random() < FAILURES if task.fail is None else task.fail)
    verdict = model.chat(
        f"Review this paragraph about: {task.topic}\n\n{task.draft}\n\nIt cites {checked} real sources. "
        "Begin with the word approve or reject, then say why in one sentence.",
        system="You are a strict but fair reviewer.",
    )
    return {"approved": verdict.lower().startswith("approve"), "verdict": verdict}


@weft.tool("check_sources", type="datastore")
def check_sources(draft: str, *, fail: bool) -> int:
    """Look up what the draft cites, and count it."""
    cited = re.findall(r"\[(\d+)\]", draft)
    if fail:
        raise SourcesUnreachable(f"the archive did not answer for source [{cited[0] if cited else 1}]")
    return len(set(cited))


@app.exception_handler(SourcesUnreachable)
def unavailable(_: fastapi.Request, error: SourcesUnreachable) -> fastapi.responses.JSONResponse:
    return fastapi.responses.JSONResponse({"error": str(error)}, status_code=503)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


if __name__ == "__main__":
    serving.serve(
        app, __doc__, port=8003, path="/execute", body='{"topic": "tea", "draft": "Tea is old [1]."}'
    )
