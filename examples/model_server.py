"""A model server without a model: it speaks Ollama's HTTP API and answers from a script.

    python examples/model_server.py

Its only model is called "scripted", so that nobody takes its answers for a model's. It has /api/chat and
/api/generate (streamed, unless the request says `"stream": false`), /api/tags and /api/version.
Source: ollama/ollama, docs/api.md.
"""

import argparse
import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME = "scripted"
LARGEST = 1 << 20  # bytes of a request

# The first word of the prompt chooses the answer; {about} is what follows its first colon, on the same line.
SCRIPT = {
    "plan": "1. what {about} is\n2. where it came from\n3. what it changed",
    "summarise": (
        "The sources agree on the outline of {about}: it began small [1], spread faster than those who made "
        "it expected [2], and is measured today by how little anybody notices it [3]."
    ),
    "write": (
        "About {about}. It began as the answer to a plain need [1]. What made it last was not the first idea "
        "but the many small repairs that followed [2]. Today it is judged as good tools are: by how seldom "
        "one has to think of it [3]."
    ),
    "review": "approve: every claim names its source, and the tone is even.",
}
OTHERWISE = f"I only have a script, for prompts that begin with {', '.join(SCRIPT)}."


def answer_to(prompt: str) -> str:
    """The script's answer."""
    first = re.match(r"\W*(\w*)", prompt)
    about = re.search(r":[ \t]*([^\n]{1,80})", prompt)
    scripted = SCRIPT.get(first[1].lower() if first else "", OTHERWISE)
    return scripted.format(about=about[1].strip() if about else "this")


def tokens(text: str) -> list[str]:
    """Words with the blanks before them: near enough to what a tokenizer makes of a text."""
    return re.findall(r"\s*\S+", text)


def prompts(asked: dict[str, Any], kind: str) -> list[str]:
    """All that the request tells the model; the last one is the question."""
    if kind == "chat":
        return [str(message["content"]) for message in asked["messages"]] or [""]
    return [str(asked.get("system", "")), str(asked["prompt"])]


def parts(kind: str, said: list[str], tokens_per_second: float) -> Iterator[dict[str, Any]]:
    """Ollama's answer, a token at a time; the last part has the counts, and durations in nanoseconds."""

    def part(text: str, **more: object) -> dict[str, Any]:
        answer = {"message": {"role": "assistant", "content": text}} if kind == "chat" else {"response": text}
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        return {"model": NAME, "created_at": now, **answer, "done": False, **more}

    begun = time.perf_counter_ns()
    read = tokens(" ".join(said))
    time.sleep(len(read) / tokens_per_second / 10)  # a model reads about ten times as fast as it writes
    between = time.perf_counter_ns()
    written = tokens(answer_to(said[-1]))
    for token in written:
        time.sleep(1 / tokens_per_second)
        yield part(token)
    end = time.perf_counter_ns()
    yield part(
        "",
        done=True,
        done_reason="stop",
        total_duration=end - begun,
        load_duration=0,
        prompt_eval_count=len(read),
        prompt_eval_duration=between - begun,
        eval_count=len(written),
        eval_duration=end - between,
    )


def joined(streamed: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """The streamed answer in one piece."""
    *texts, last = streamed
    if "message" in last:
        last["message"]["content"] = "".join(part["message"]["content"] for part in texts)
    else:
        last["response"] = "".join(part["response"] for part in texts)
    return last


class Handler(BaseHTTPRequestHandler):
    """Ollama's HTTP API, as far as its client needs it."""

    protocol_version = "HTTP/1.1"
    tokens_per_second = 400.0

    def do_GET(self) -> None:
        details = {"format": "script", "family": "script", "parameter_size": "0"}
        model = {
            "name": NAME,
            "model": NAME,
            "modified_at": "2026-01-01T00:00:00Z",
            "size": 0,
            "details": details,
        }
        if self.path == "/api/tags":
            self.answer(200, {"models": [model]})
        elif self.path == "/api/version":
            self.answer(200, {"version": f"0.0.0-{NAME}"})
        else:
            self.answer(404, {"error": f"{self.path} is not here; this server only has a script"})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            self.close_connection = True
            self.answer(413, {"error": f"a request has a Content-Length of at most {LARGEST} bytes"})
            return
        body = self.rfile.read(int(length))
        if self.path not in {"/api/chat", "/api/generate"}:
            self.answer(404, {"error": f"{self.path} is not here; this server only has a script"})
            return
        kind = self.path.removeprefix("/api/")
        try:
            asked = json.loads(body)
            model, said, streamed = str(asked["model"]), prompts(asked, kind), asked.get("stream", True)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.answer(400, {"error": f"not a request for {self.path}: {type(error).__name__}: {error}"})
            return
        if model.partition(":")[0] != NAME:
            self.answer(404, {"error": f"model '{model}' not found; this server only has '{NAME}'"})
        elif streamed:
            self.stream(parts(kind, said, self.tokens_per_second))
        else:
            self.answer(200, joined(parts(kind, said, self.tokens_per_second)))

    def answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, answer: Iterator[dict[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with suppress(ConnectionError):  # the client has heard enough
            for part in answer:
                line = json.dumps(part).encode() + b"\n"
                self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - the base class has it
        print(f"{self.command} {self.path}: {int(code)}, from the script; no model is here", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="A scripted model server that speaks Ollama's HTTP API.")
    parser.add_argument(
        "--port", type=int, default=11434, help="where it listens (default: Ollama's own, 11434)"
    )
    parser.add_argument(
        "--tokens-per-second", type=float, default=400, help="how fast it writes (default: 400)"
    )
    given = parser.parse_args()
    Handler.tokens_per_second = given.tokens_per_second
    try:
        server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    except OSError as error:
        parser.exit(1, f"port {given.port} cannot be used: {error.strerror}; choose another with --port\n")
    server.daemon_threads = True
    print(
        f"a script and no model, on http://127.0.0.1:{given.port}\n"
        f"try: curl -s http://127.0.0.1:{given.port}/api/generate "
        """-d '{"model": "scripted", "stream": false, "prompt": "Plan a talk about: tea"}'""",
        flush=True,
    )
    with suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
