"""An agent behind HTTP that begins as late as it is told: `python serve.py PORT`."""

import sys
import time
from time import time_ns

import fastapi
import uvicorn
from pydantic import BaseModel

import weft

weft.init("research")
app = fastapi.FastAPI()


class Task(BaseModel):
    late_s: float


@app.post("/execute")
def execute(task: Task) -> dict[str, int]:
    came_ns = time_ns()
    time.sleep(task.late_s)
    begins_ns = time_ns()
    with weft.agent("researcher"):
        pass
    return {"came_ns": came_ns, "begins_ns": begins_ns, "done_ns": time_ns()}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
