"""Celery tasks that know nothing of Weft."""

import os

import celery

app = celery.Celery("tasks", broker=os.environ["REDIS_URL"], backend=os.environ["REDIS_URL"])
app.conf.broker_connection_retry_on_startup = True


@app.task(name="outer")
def outer(number: int) -> int:
    inner.delay(number)
    return os.getpid()


@app.task(name="inner")
def inner(number: int) -> int:
    return number
