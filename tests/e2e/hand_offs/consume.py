"""An agent on a Redis channel that is as busy, and begins as late, as it is told.

`consume.py PORT THROUGH CHANNEL`: THROUGH is Redis's port again, or that of a slow network to it. What was
measured of each message is left in the list `{CHANNEL}-marks`.
"""

import json
import sys
import time
from time import time_ns

import redis

import weft

weft.init("writing")
marks = redis.Redis(port=int(sys.argv[1]))
broker = redis.Redis(port=int(sys.argv[2]))
channel = sys.argv[3]

with broker.pubsub() as tasks:
    tasks.subscribe(channel)
    free_ns = time_ns()
    for task in weft.redis.listen(tasks):
        had_ns = time_ns()
        time.sleep(task.payload["late_s"])
        begins_ns = time_ns()
        with task, weft.agent("writer"):
            time.sleep(task.payload["busy_s"])
        done_ns = time_ns()
        told = {"free_ns": free_ns, "had_ns": had_ns, "begins_ns": begins_ns, "done_ns": done_ns}
        marks.rpush(f"{channel}-marks", json.dumps(told))
        free_ns = time_ns()
