"""Process pools and processes, by fork, spawn and forkserver: each task in the trace of whoever gave it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from opentelemetry import trace
from tests.servers import until

import weft
from weft.instrument.processes.task import Task, nowhere

if TYPE_CHECKING:
    from tests.instrument.conftest import Spans
    from tests.instrument.processes.conftest import Run
    from tests.otlp_receiver import Receiver

METHODS = ["fork", "spawn", "forkserver"]

EVERYTHING = """
    import asyncio, json, multiprocessing, os, sys
    from concurrent.futures import ProcessPoolExecutor
    import weft
    from opentelemetry import baggage
    from opentelemetry.context import attach

    def work(name, more=0):
        with weft.tool(f"{name}-{more}"):
            return baggage.get_baggage("user"), os.getpid()

    def pair(both):
        return work(*both)

    class Own(multiprocessing.get_context(sys.argv[1]).Process):
        def run(self):
            work("subclass")

    def main(method, endpoint):
        weft.init("caller", endpoint=endpoint, headers={"x-key": "secret"})
        context = multiprocessing.get_context(method)
        attach(baggage.set_baggage("user", "ada"))
        seen = []
        with weft.agent("creator"):
            executor = ProcessPoolExecutor(2, mp_context=context)
            pool = context.Pool(2)
            executor.submit(work, "first").result()
        with weft.agent("submit"):
            seen.append(executor.submit(work, "submit").result())
        with weft.agent("map"):
            seen.extend(executor.map(work, ["map"] * 4, range(4), chunksize=2))
        with weft.agent("run_in_executor"):
            seen.append(asyncio.run(in_executor(executor)))
        with weft.agent("apply"):
            seen.append(pool.apply(work, ("apply",)))
        with weft.agent("apply_async"):
            seen.append(pool.apply_async(work, ("apply_async",), {"more": 7}).get())
        with weft.agent("pool-map"):
            seen.extend(pool.map(pair, [("pool-map", n) for n in range(4)]))
        with weft.agent("starmap"):
            seen.extend(pool.starmap(work, [("starmap", n) for n in range(4)]))
        with weft.agent("imap"):
            later = pool.imap(pair, [("imap", n) for n in range(4)])
        seen.extend(later)
        with weft.agent("imap_unordered"):
            seen.extend(pool.imap_unordered(pair, [("imap_unordered", n) for n in range(4)]))
        with weft.agent("map_async"):
            seen.extend(pool.map_async(func=pair, iterable=[("map_async", n) for n in range(4)]).get())
        processes = []
        plain = context.Process(target=work, args=("process",))
        for name, child in (("process", plain), ("subclass", Own())):
            with weft.agent(name):
                child.start()
            processes.append(child)
        seen.append(pool.apply(work, ("nobodys",)))
        for child in processes:
            child.join()
        pool.close()
        pool.join()
        executor.shutdown()
        weft.flush(10)
        print(json.dumps({"parent": os.getpid(), "seen": seen}))

    async def in_executor(executor):
        return await asyncio.get_running_loop().run_in_executor(executor, work, "run_in_executor")

    if __name__ == "__main__":
        main(*sys.argv[1:])
"""
WAYS = {
    "submit": 1, "map": 4, "run_in_executor": 1, "apply": 1, "apply_async": 1, "pool-map": 4, "starmap": 4,
    "imap": 4, "imap_unordered": 4, "map_async": 4, "process": 1, "subclass": 1,
}  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_a_task_runs_in_the_context_of_whoever_gave_it(run: Run, receiver: Receiver, method: str) -> None:
    done = run(EVERYTHING, method, receiver.endpoint)
    answer = json.loads(done.stdout)
    assert done.stderr == ""
    until(lambda: len(receiver.spans()) >= sum(WAYS.values()) + 2 + len(WAYS) + 1, "all spans arrived")
    agents = {span.name.split()[1]: span for span in receiver.spans() if span.name.startswith("invoke_agent")}
    tools = [span for span in receiver.spans() if span.name.startswith("execute_tool")]
    for way, count in WAYS.items():
        children = [span for span in tools if span.name.split()[1].rpartition("-")[0] == way]
        assert len(children) == count, way
        for child in children:
            assert (child.trace_id, child.parent_id) == (agents[way].trace_id, agents[way].span_id), way
            assert child.resource["process.pid"] != answer["parent"]
            assert child.service == "caller"
        # The first one tells; in a chunk the others follow it in the context of one task.
        told = [child for child in children if "weft.propagation.outcome" in child.attributes]
        assert told, way
        for child in told:
            taken_ns = child.attributes.get("weft.propagation.taken_ns")
            if way in ("process", "subclass"):
                assert (child.attributes["weft.propagation.carrier"], taken_ns) == ("process", None)
            else:
                assert child.attributes["weft.propagation.carrier"] == "task"
                assert child.attributes["weft.propagation.sent_ns"] <= taken_ns <= child.start_ns
    (nobodys,) = [span for span in tools if span.name == "execute_tool nobodys-0"]
    assert nobodys.parent_id == ""
    assert "weft.propagation.outcome" not in nobodys.attributes
    assert nobodys.trace_id != agents["creator"].trace_id
    assert {user for user, _ in answer["seen"]} == {"ada"}
    assert {headers["x-key"] for _, headers, _ in receiver.requests} == {"secret"}
    assert len({span.span_id for span in receiver.spans()}) == len(receiver.spans())  # none was sent twice


@pytest.mark.parametrize("method", METHODS)
def test_a_pools_worker_stays_in_nobodys_trace(run: Run, method: str) -> None:
    """What is not sent as a task: initializers, and the tasks of pools that nobody has instrumented."""
    done = run(
        """
        import json, multiprocessing, sys
        from concurrent.futures import ProcessPoolExecutor
        import weft
        from opentelemetry import trace

        def here(*_): return trace.get_current_span().get_span_context().span_id

        if __name__ == "__main__":
            weft.init("caller")
            how = multiprocessing.get_context(sys.argv[1])
            with weft.agent("creator"), ProcessPoolExecutor(1, how) as executor, how.Pool(1) as pool:
                print(json.dumps([executor.submit(here).result(), pool.apply(here)]))
        """,
        method,
        OTEL_TRACES_EXPORTER="none",
        OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="concurrent-futures,multiprocessing-pool",
    )
    assert json.loads(done.stdout) == [0, 0]


def test_a_task_of_nobodys_is_in_nobodys_trace_wherever_it_runs(spans: Spans) -> None:
    with weft.agent("somebody"):
        assert Task(trace.get_current_span, nowhere())() is trace.INVALID_SPAN


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_many_tasks_at_once_mix_nothing(run: Run, method: str) -> None:
    done = run(
        """
        import json, multiprocessing, sys, threading
        from concurrent.futures import ProcessPoolExecutor
        import weft
        from opentelemetry import trace

        def work(number):
            return number, trace.get_current_span().get_span_context().trace_id

        def give(number):
            with weft.agent(str(number)) as span:
                futures = [executor.submit(work, number) for _ in range(10)]
            results = {future.result() for future in futures}
            assert results == {(number, span.get_span_context().trace_id)}, results
            good.append(number)

        if __name__ == "__main__":
            weft.init("caller")
            good = []
            executor = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(sys.argv[1]))
            threads = [threading.Thread(target=give, args=(number,)) for number in range(16)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            executor.shutdown()
            print(json.dumps(sorted(good)))
        """,
        method,
        OTEL_TRACES_EXPORTER="none",
    )
    assert json.loads(done.stdout) == list(range(16))


def test_results_and_errors_are_those_without_us(run: Run) -> None:
    source = """
        import functools, multiprocessing, pickle, sys
        from concurrent.futures import ProcessPoolExecutor
        import weft

        class Odd(Exception):
            def __init__(self, code, why):
                super().__init__(code, why)

        def fail(code): raise Odd(code, "why")
        def unpicklable(): return lambda: None

        def said(act):
            try: return repr(act())
            except Exception as error: return f"{type(error).__name__}: {error}"

        def main():
            if sys.argv[1] == "traced": weft.init("caller")
            fork = multiprocessing.get_context("fork")
            with ProcessPoolExecutor(1, mp_context=fork) as executor, fork.Pool(1) as pool, weft.agent("a"):
                acts = [
                    lambda: executor.submit(divmod, 7, 2).result(),
                    lambda: executor.submit(functools.partial(pow, 2), 5).result(),
                    lambda: executor.submit(fail, 7).result(),
                    lambda: executor.submit(lambda: 1).result(),
                    lambda: executor.submit(unpicklable).result(),
                    lambda: executor.submit(None).result(),
                    lambda: executor.submit(),
                    lambda: executor.submit(fail).result(),
                    lambda: pool.map(abs, [-1, 2]),
                    lambda: pool.map(fail, [1]),
                    lambda: pool.apply(None),
                    lambda: pool.apply(fail),
                    lambda: pool.apply(lambda: 1),
                    lambda: list(pool.imap(abs, [-1, 2], chunksize=0)),
                    lambda: pool.map(),
                ]
                for act in acts:
                    print(said(act).split(" at 0x")[0])

        if __name__ == "__main__":
            main()
    """
    traced, plain = (run(source, how, OTEL_TRACES_EXPORTER="none").stdout for how in ("traced", "plain"))
    assert traced == plain
    assert len(plain.splitlines()) >= 15


def test_a_pool_of_threads_runs_each_task_where_it_was_given(run: Run) -> None:
    done = run(
        """
        import json
        from multiprocessing.pool import ThreadPool
        import weft
        from opentelemetry import trace

        def here(_=None):
            return trace.get_current_span().get_span_context().span_id

        weft.init("caller")
        answers = {}
        with weft.agent("creator"):
            pool = ThreadPool(2)
        with weft.agent("a") as span:
            expected = span.get_span_context().span_id
            answers["map"] = set(pool.map(here, range(20))) == {expected}
            answers["apply"] = pool.apply(here) == expected
            answers["imap"] = set(pool.imap(here, range(20))) == {expected}
            unpicklable = lambda number: (number, here())
            answers["lambda"] = pool.map(unpicklable, [1]) == [(1, expected)]
        answers["nobodys"] = pool.apply(here) == 0
        pool.close()
        pool.join()
        print(json.dumps(answers))
        """,
        OTEL_TRACES_EXPORTER="none",
    )
    assert set(json.loads(done.stdout).values()) == {True}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_agents_that_are_processes_of_one_program_have_their_own_names(
    run: Run, receiver: Receiver, method: str
) -> None:
    done = run(
        """
        import multiprocessing, sys
        import weft

        def agent(name):
            weft.init(name)
            with weft.agent(name):
                pass

        if __name__ == "__main__":
            weft.init("orchestrator", endpoint=sys.argv[2])
            context = multiprocessing.get_context(sys.argv[1])
            with weft.workflow("report"):
                children = [context.Process(target=agent, args=(name,)) for name in ("one", "two")]
                for child in children: child.start()
                for child in children: child.join()
        """,
        method,
        receiver.endpoint,
    )
    assert done.stderr == ""
    spans = receiver.wait_for("invoke_workflow report", "invoke_agent one", "invoke_agent two")
    for name in ("one", "two"):
        assert spans[f"invoke_agent {name}"].service == name
        assert spans[f"invoke_agent {name}"].parent_id == spans["invoke_workflow report"].span_id
    assert spans["invoke_workflow report"].service == "orchestrator"


def test_switched_off_a_worker_has_the_context_that_python_gives_it(run: Run) -> None:
    source = """
        import json, multiprocessing, sys
        from concurrent.futures import ProcessPoolExecutor
        import weft
        from opentelemetry import trace

        def here(): return trace.get_current_span().get_span_context().span_id

        if __name__ == "__main__":
            weft.init("caller")
            spawn = multiprocessing.get_context("spawn")
            with weft.agent("a"), ProcessPoolExecutor(1, mp_context=spawn) as executor, spawn.Pool(1) as pool:
                print(json.dumps([
                    executor.submit(here).result(), pool.apply(here),
                    hasattr(ProcessPoolExecutor.submit, "__wrapped__"),
                    hasattr(spawn.Process.start, "__wrapped__"),
                ]))
    """
    names = "concurrent-futures,multiprocessing,multiprocessing_pool"
    done = run(source, OTEL_TRACES_EXPORTER="none", OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=names)
    assert json.loads(done.stdout) == [0, 0, False, False]


def test_nothing_of_the_settings_is_where_others_may_read_it(run: Run) -> None:
    done = run(
        """
        import json, multiprocessing, os, pathlib
        import weft

        def mine():
            process = pathlib.Path(f"/proc/{os.getpid()}")
            return (process / "environ").read_bytes() + (process / "cmdline").read_bytes()

        if __name__ == "__main__":
            weft.init("caller", headers={"authorization": "sesame"}, resource_attributes=(x for x in ()))
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(json.dumps(b"sesame" in pool.apply(mine)))
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )
    assert json.loads(done.stdout.splitlines()[0]) is False


def test_a_forked_child_is_a_child_of_the_span_that_forked(run: Run, receiver: Receiver) -> None:
    run(
        """
        import os, sys
        import weft
        from opentelemetry import trace

        weft.init("forking", endpoint=sys.argv[1])
        with weft.agent("parent") as span:
            pid = os.fork()
            if pid == 0:
                assert not trace.get_current_span().is_recording()
                trace.get_current_span().set_attribute("who", "child")
                with weft.tool("in-child"):
                    pass
                weft.flush(10)
                os._exit(0)
            os.waitpid(pid, 0)
            span.set_attribute("who", "parent")
        """,
        receiver.endpoint,
    )
    spans = receiver.wait_for("invoke_agent parent", "execute_tool in-child")
    assert spans["execute_tool in-child"].parent_id == spans["invoke_agent parent"].span_id
    assert spans["invoke_agent parent"].attributes["who"] == "parent"
    names = [span.name for span in receiver.spans()]
    assert sorted(names) == ["execute_tool in-child", "invoke_agent parent"]
