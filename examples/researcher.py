"""A research agent behind HTTP: `POST /execute {"topic": "…"}` gives notes.

    python examples/researcher.py --port 8001

What tracing asks of it: `weft.init`, and a name for the agent and for its tool. Its spans join the trace of
whoever calls it, because `weft.init` instruments FastAPI.
"""

import fastapi
from pydantic import BaseModel

import model
import serving
import weft

weft.init("research-agent")
app = fastapi.FastAPI()

LIBRARY = (
    "A leaf in hot water: how tea came from medicine to the table.",
    "Ships, taxes and porcelain: what the trade in tea moved besides tea.",
    "The loom and the card: threads, patterns, and the first stored programs.",
    "Weaving without a plan: how many hands make one cloth.",
    "Clocks that agree: railways, telegraphs and the standard hour.",
    "Letters, relays, packets: how a message finds its way.",
    "Why old bridges stand: repair as a form of design.",
    "The quiet success of the shipping container.",
)


class Task(BaseModel):
    topic: str


@app.post("/execute")
@weft.agent("researcher")
def execute(task: Task) -> dict[str, str]:
    sources = "\n".join(f"[{number}] {source}" for number, source in enumerate(search(task.topic), 1))
    notes = model.chat(
        f"Summarise what these sources say about: {task.topic}\n\n{sources}",
        system="You are a careful researcher. Cite the sources by number.",
    )
    return {"notes": f"{notes}\n\n{sources}"}


@weft.tool("search", type="datastore")
def search(words: str, most: int = 3) -> list[str]:
    """The sources that have the most words in common with the query."""
    wanted = set(words.lower().split())
    return sorted(LIBRARY, key=lambda source: -len(wanted & set(source.lower().split())))[:most]


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


if __name__ == "__main__":
    serving.serve(app, __doc__, port=8001, path="/execute", body='{"topic": "tea"}')
