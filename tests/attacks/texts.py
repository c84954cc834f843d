"""Strangers' texts in spreadsheets and on terminals, and strangers in the service's place."""

import contextlib
import csv
import http.client
import io
import json
import os
import pathlib
import pty
import re
import socket
import subprocess
import threading

from harness import PROGRAM
from table import attack, expect, expect_equal

MISLEADING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
NASTY = "\x1b]0;owned\x07\x1b[2J\r\x7f\x9b31m\u202eexe.\u2066\u2069\u200e\u200f\u061c\u2028\u2029\u200b\ufeff\U000e0041 end"
SECONDS = 120  # until a subcommand is called endless


def run_on_terminal(*words, also_errors=False):
    """What a terminal gets of a subcommand: of its standard output, or of its standard error."""
    ours, theirs = pty.openpty()
    streams = (
        {"stdout": subprocess.DEVNULL, "stderr": theirs}
        if also_errors
        else {"stdout": theirs, "stderr": subprocess.DEVNULL}
    )
    process = subprocess.Popen([str(PROGRAM), *words], stdin=subprocess.DEVNULL, **streams)
    os.close(theirs)
    shown = bytearray()
    with contextlib.suppress(OSError):  # EIO, when the last writer has gone
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    process.wait(timeout=SECONDS)
    return re.sub(
        "\r{1,2}\n", "\n", shown.decode()
    )  # the terminal puts a CR in front of each LF, also behind one that was there


def run(*words):
    return subprocess.run(
        [str(PROGRAM), *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS
    )


class Stranger:
    """In the service's place: sends `answer(send)` to everybody, and counts the bytes that were
    taken.
    """

    def __init__(self, answer):
        self.taken = 0
        self.connections = 0
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(SECONDS)
            with connection, contextlib.suppress(OSError):
                asked = b""
                while b"\r\n\r\n" not in asked and (part := connection.recv(65536)):
                    asked += part
                self._answer(lambda data, to=connection: self._send(to, data))

    def _send(self, connection, data):
        connection.sendall(data)
        self.taken += len(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


LINES = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"


def answer_of(status, body):
    text = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return (
        f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n".encode()
        + text
    )


# --- spreadsheets -------------------------------------------------------------------------------

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\n",
    " =1",
    "\u00a0=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "a;=1+1",
    "a\t=1+1",
    "a|=1+1",
    "a;\uff1d1",
    "a; =1",
    'a;"=1+1"',
    'a\n=1+1',
    'a\r\n"=1',
    "a;;=1",
    "a\t\t@x",
    'x";=1+1;"',
    "\u200b=1",
]


@attack(
    "texts: cells that spreadsheets take for formulas",
    "no cell begins as a formula, whichever separator the reader knows",
)
def formulas(world):
    service = world.service()
    job = service.submit(
        [
            {
                "store_id": "S00339218",
                "image_url": ["http://127.0.0.1:1/" + text],
                "visit_time": text,
            }
            for text in FORMULAS
        ]
    )
    service.wait_for_end(job)
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=SECONDS)
    connection.request("GET", f"/api/jobs/{job}/results.csv")
    text = connection.getresponse().read().decode()
    connection.close()
    hidden = '\t\r\n\x0b\x0c "\u00a0\u200b'
    for separator in ",;\t|":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            for cell in row:
                bare = cell.lstrip(hidden)
                expect(
                    not bare.startswith(
                        ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
                    ),
                    f"{cell!r} with {separator!r}",
                )
    times = [row[2] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    expect_equal(
        [time.replace("'", "") for time in times],
        [formula.replace("'", "") for formula in FORMULAS],
        "but for apostrophes, the texts",
    )


# --- terminals ----------------------------------------------------------------------------------


@attack(
    "texts: escape sequences and bidirectional overrides on a terminal",
    "a terminal gets escapes; a pipe gets every byte as it is",
)
def terminal(world):
    service = world.service("--callback-secret", "whsec_" + "A" * 32)
    job = service.submit(
        [
            {
                "store_id": f"S{NASTY}",
                "image_url": ["http://127.0.0.1:1/" + NASTY],
                "visit_time": NASTY,
            }
        ]
    )
    service.wait_for_end(job)
    here = ("--url", f"http://127.0.0.1:{service.port}")
    for words in (
        ("status", str(job)),
        ("status", str(job), "--json"),
        ("results", str(job)),
        ("results", str(job), "--json"),
        ("results", str(job), "--format", "csv"),
        ("watch", str(job)),
        ("watch", str(job), "--json"),
        ("results", str(job), "--format", "csv", "--output", "-"),
    ):
        shown = run_on_terminal(*words, *here)
        expect(len(shown) > 20 and not MISLEADING.search(shown), f"{words}: {shown!r}")
        if "--json" in words:
            piped = run(*words, *here).stdout.decode()
            expect_equal(json.loads(shown), json.loads(piped), f"{words} on a terminal")
            expect("\u202e" in piped, f"{words}: a pipe does not get what is there")
    expect(
        "\u202e" in run("results", str(job), "--format", "csv", *here).stdout.decode(),
        "the CSV in a pipe is changed",
    )


@attack(
    "texts: error sentences of whoever answers, on a terminal",
    "escaped there, too, whichever subcommand says them",
)
def terminal_errors(world):
    with Stranger(lambda send: send(answer_of(400, {"error": NASTY}))) as stranger:
        job = pathlib.Path(os.devnull)
        for words in (
            ("status", "1"),
            ("watch", "1"),
            ("results", "1"),
            ("results", "1", "--json"),
            ("cancel", "1"),
            ("redrive", "1"),
            ("submit", str(job), "--input", "json"),
        ):
            shown = run_on_terminal(*words, "--url", stranger.url, also_errors=True)
            expect(" end" in shown, f"{words}: no sentence in {shown!r}")
            expect(not MISLEADING.search(shown), f"{words}: {shown!r}")
    for words in (
        ("status", NASTY),
        (NASTY,),
        ("health", "--url", NASTY),
        ("serve", "--port", NASTY),
        ("simulate", "--seed", "1", "--faults", NASTY),
    ):
        shown = run_on_terminal(*(word.replace("\x00", "") for word in words), also_errors=True)
        expect(not MISLEADING.search(shown), f"{words}: {shown!r}")


@attack(
    "texts: a stream of results that is cut within characters, on a terminal",
    "no part of it goes through raw",
)
def terminal_parts(world):
    line = (
        json.dumps({"url": NASTY}, ensure_ascii=False).replace("\\u001b", "\x1b").encode()
        + b"\xff\n"
    )

    def answer(send):
        send(LINES + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        for byte in line * 3:
            send(b"1\r\n" + bytes([byte]) + b"\r\n")
        send(b"0\r\n\r\n")

    with Stranger(answer) as stranger:
        shown = run_on_terminal("results", "1", "--json", "--url", stranger.url)
        expect_equal(len(shown.splitlines()), 3)
        expect(not MISLEADING.search(shown), repr(shown))
        expect_equal(
            run("results", "1", "--json", "--url", stranger.url).stdout, line * 3, "in a pipe"
        )


# --- endless answers ----------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def endless(first, again):
    def answer(send):
        send(first)
        while True:
            send(again)

    return answer


ENDLESS = {
    "chunks": endless(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    ),
    "a length": endless(HEAD + b"Content-Length: 999999999999\r\n\r\n", b"[" * 0x10000),
    "no length": endless(HEAD + b"\r\n", b"{\"a\":" * 0x4000),
    "an error": endless(b"HTTP/1.1 400 No\r\nContent-Length: 999999999999\r\n\r\n", b" " * 0x10000),
    "headers": endless(HEAD, b"X-Y: z\r\n" * 0x1000),
    "one header": endless(HEAD + b"X-Y: ", b"z" * 0x10000),
    "a status line": endless(b"HTTP/1.1 200 ", b"z" * 0x10000),
    "interim answers": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 0x1000),
    "a chunk's size": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1", b";x=y" * 0x4000),
    "trailers": endless(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n", b"X-Y: z\r\n" * 0x1000
    ),
}
CALLS = (
    ("status", "1"),
    ("submit", "/dev/null", "--input", "json", "--retry-for", "0"),
    ("results", "1"),
    ("cancel", "1", "--retry-for", "0"),
    ("health",),
)


@attack(
    "texts: whoever answers a subcommand never ends",
    "it ends by itself, has read 32 MiB at most, and says in a sentence what was too long",
)
def endless_answers(world):
    for name, answer in ENDLESS.items():
        for words in CALLS:
            with Stranger(answer) as stranger:
                done = run(*words, "--url", stranger.url)
                what = f"{words[0]} and endless {name}"
                expect(
                    done.returncode in (1, 3),
                    f"{what}: exit code {done.returncode}, {done.stderr!r}",
                )
                expect(
                    done.stderr.count(b"\n") == 1 and len(done.stderr) < 1000,
                    f"{what}: {done.stderr[:1000]!r}",
                )
                expect(stranger.taken < 32 << 20, f"{what}: {stranger.taken} bytes were read")


@attack("texts: the head of a stream of results never ends", "the subcommand ends by itself")
def endless_heads(world):
    for name in (
        "headers",
        "one header",
        "a status line",
        "interim answers",
        "an error",
        "a chunk's size",
    ):
        with Stranger(ENDLESS[name]) as stranger:
            done = run("results", "1", "--json", "--url", stranger.url)
            expect(
                done.returncode in (1, 3), f"{name}: exit code {done.returncode}, {done.stderr!r}"
            )
            expect(stranger.taken < 32 << 20, f"{name}: {stranger.taken} bytes were read")


@attack(
    "texts: an answer of a million nested arrays, or of millions of values", "it is called nonsense"
)
def nested_answers(world):
    counts = b'{"status":"completed","images":{"total":1,"done":1,"failed":0},"job_id":1,"images_":'
    for inner in (b"[" * 1_000_000 + b"]" * 1_000_000, b"[" + b"0," * 1_000_000 + b"0]"):
        for words, status in (
            (("status", "1", "--json"), 200),
            (("submit", "/dev/null", "--input", "json", "--json"), 201),
            (("cancel", "1", "--json"), 202),
        ):
            with Stranger(
                lambda send, s=status, i=inner: send(answer_of(s, counts + i + b"}"))
            ) as stranger:
                done = run(*words, "--url", stranger.url)
                expect_equal(
                    (done.returncode, done.stdout), (1, b""), f"{words[0]}: {done.stderr[:500]!r}"
                )


@attack(
    "texts: an answer that comes byte by byte, for ever",
    "a whole call has an end in time; a check of health within seconds",
)
def dripping(world):
    stop = threading.Event()
    world.callback(stop.set)

    def answer(send):
        send(HEAD + b"X-Y: ")
        while not stop.wait(0.2):
            send(b"z")

    with Stranger(answer) as stranger:
        done = run("health", "--url", stranger.url)
        expect_equal(done.returncode, 3, f"{done.stderr!r}")


@attack("texts: an answer that sends a subcommand elsewhere", "no redirect is followed")
def redirected(world):
    with Stranger(lambda send: send(answer_of(200, {}))) as elsewhere:
        head = f"HTTP/1.1 307 There\r\nLocation: {elsewhere.url}/api/submit\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        with Stranger(lambda send: send(head)) as stranger:
            for words in (*CALLS, ("results", "1", "--json")):
                done = run(*words, "--url", stranger.url)
                expect(done.returncode in (1, 3), f"{words}: exit code {done.returncode}")
        expect_equal(elsewhere.connections, 0, "connections to where it led")
