"""What the end-to-end tests share: an image host on loopback, the real program, and a client.
Standard library only.
"""

import asyncio
import base64
import collections
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("PROGRAM_UNDER_TEST", SOURCE / "build/dev/retail-pulse"))
STORES = SOURCE / "data/StoreMasterAssignment.csv"
PHOTOS = SOURCE / "data/sample-images"
PATIENCE = 300  # seconds until a wait is called a hang


class Origin:
    """An image host: serves the sample photos under any directory and query, and remembers every
    request.

    Other names, and /missing/..., answer 404. Keeps connections alive. `delay` seconds pass before
    each answer.
    """

    def __init__(self, delay=0.0):
        self.delay = delay
        self.requests = []  # (monotonic time, target), in order of arrival
        self.connections = 0  # open at the moment
        self.user_agents = set()  # of all requests
        self._photos = {p.name: p.read_bytes() for p in PHOTOS.iterdir()}
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def add_photo(self, name):
        """From now on serves a photo under a name that was missing before."""
        self._photos[name] = next(iter(self._photos.values()))

    def photo_urls(self, count, tag=""):
        """`count` different URLs, going round the sample photos."""
        names = sorted(self._photos)
        return [f"{self.url}/{names[i % len(names)]}?n={tag}{i}" for i in range(count)]

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                target = head.split(b" ", 2)[1].decode()
                self.requests.append((time.monotonic(), target))
                self.user_agents |= {
                    line[len("User-Agent: ") :]
                    for line in head.decode().split("\r\n")
                    if line.startswith("User-Agent: ")
                }
                if self.delay:
                    await asyncio.sleep(self.delay)
                path = target.split("?")[0]
                body = (
                    None
                    if path.startswith("/missing/")
                    else self._photos.get(path.rsplit("/", 1)[1])
                )
                status = "404 Not Found" if body is None else "200 OK"
                body = body or b"no such photo"
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client closed the connection, as clients do
        finally:
            self.connections -= 1
            writer.close()

    def close(self):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self):
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class SilentHost:
    """A listener on 127.0.0.9 whose backlog is full: a connection attempt gets no answer at all."""

    def __enter__(self):
        listener = socket.socket()
        listener.bind(("127.0.0.9", 0))
        listener.listen(0)
        self.port = listener.getsockname()[1]
        self._held = [listener]
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.9", self.port))
            self._held.append(filler)
        return self

    def __exit__(self, *_):
        for held in self._held:
            held.close()


class Exchanges:
    """What is exchanged with the service, written down for tests/contract, as
    tests/http/recorder.hpp does: into $RECORDED_EXCHANGES.
    """

    def __init__(self):
        name = os.environ.get("RECORDED_EXCHANGES")
        self._file = (
            open(name, "w", encoding="utf-8") if name else None
        )  # noqa: SIM115; as long as the process
        self._lock = threading.Lock()

    def write(self, method, target, answer, body, whole=True):
        """`answer` has status and getheaders(), as http.client's has."""
        if not self._file:
            return
        try:
            text = {"body": body.decode()}
        except UnicodeDecodeError:
            text = {"body_base64": base64.b64encode(body).decode()}
        line = {
            "method": method,
            "target": target,
            "status": answer.status,
            "headers": answer.getheaders(),
            **text,
            "whole": whole,
        }
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


EXCHANGES = Exchanges()


class Client:
    """Of whatever has the API on `port` of 127.0.0.1. `source`: the address it comes from, where it
    matters.
    """

    source = "127.0.0.1"

    def exchange(self, method, path, body=None, headers=None):
        """Status, body and headers of the answer."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE, source_address=(self.source, 0)
        )
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            told = answer.read()
            EXCHANGES.write(method, path, answer, told)
            return answer.status, json.loads(told or b"null"), answer.headers
        finally:
            connection.close()

    def request(self, method, path, body=None):
        return self.exchange(method, path, body)[:2]

    def get(self, path):
        return self.request("GET", path)

    def submit(self, visits):
        status, answer = self.request(
            "POST", "/api/submit", json.dumps({"count": len(visits), "visits": visits})
        )
        if status != 201:
            raise AssertionError(f"not accepted: {status} {answer}")
        return answer["job_id"]

    def status(self, job):
        status, answer = self.get(f"/api/status?jobid={job}")
        if status != 200:
            raise AssertionError(f"no status of job {job}: {status} {answer}")
        return answer

    def wait_for_end(self, job):
        return wait_for(
            lambda: (s := self.status(job))["status"] != "ongoing" and s, f"job {job} to end"
        )


class Service(Client):
    """The real program, serving on a free port from a database in a folder of its own."""

    def __init__(self, *flags, folder=None, names=()):
        """`names` lead to 127.0.0.9: the program runs with a hosts file of its own, which takes a
        mount namespace, so root.
        """
        self.flags = flags
        self.names = names
        self.prefix = []  # of the command, such as prlimit
        self._own = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="retail-pulse-"))
        self.database = self.folder / "retail-pulse.db"
        self.log_file = self.folder / "service.log"
        self.process = None

    def command(self):
        return [
            *self.prefix,
            str(PROGRAM),
            "serve",
            "--port",
            "0",
            "--storage",
            f"sqlite:{self.database}",
            "--store-master",
            str(STORES),
            "--allow-address",
            "127.0.0.0/8",
            "--log-file",
            str(self.log_file),
            *self.flags,
        ]

    def start(self):
        command = self.command()
        if self.names:
            hosts = self.folder / "hosts"
            hosts.write_text("".join(f"127.0.0.9 {name}\n" for name in self.names))
            command = [
                "unshare",
                "--mount",
                "sh",
                "-c",
                'mount --bind "$0" /etc/hosts && exec "$@"',
                str(hosts),
                *command,
            ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if "http://" not in line:
            self.process.wait()
            raise AssertionError(
                f"the service did not start: {line!r}, exit code {self.process.returncode}\n{self.log()}"
            )
        self.port = int(line.rsplit(":", 1)[1])
        return self

    def wait_ready(self):
        wait_for(lambda: self.get("/readyz")[0] == 200, "ready")
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def refuses_to_start(self):
        """Its exit code and what it said; nothing when it started after all, which is then
        ended.
        """
        self.process = subprocess.Popen(
            self.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if "http://" in self.process.stdout.readline():
            self.kill()
            self.process.stderr.close()
            return None
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said

    def terminate(self):
        """SIGTERM; the exit code and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()
        return code, time.monotonic() - began

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        if self._own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start().wait_ready()

    def __exit__(self, *_):
        self.close()

    def log(self):
        return self.log_file.read_text() if self.log_file.exists() else ""

    def resident_kib(self, what="VmHWM"):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(what + ":"):
                return int(line.split()[1])
        raise AssertionError(f"no {what} in /proc")

    # --- database --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def copied_database(self):
        """The database as a reader would find it now. A copy, so that nothing is repaired or
        checkpointed by looking at it.
        """
        with tempfile.TemporaryDirectory(prefix="retail-pulse-look-") as folder:
            for suffix in ("", "-wal"):
                source = pathlib.Path(f"{self.database}{suffix}")
                if source.exists():
                    shutil.copy(source, pathlib.Path(folder) / ("look.db" + suffix))
            connection = sqlite3.connect(pathlib.Path(folder) / "look.db")
            try:
                yield connection
            finally:
                connection.close()

    def recorded_urls(self):
        with self.copied_database() as database:
            return {row[0] for row in database.execute("SELECT url FROM images WHERE state <> 0")}


def visit(store, urls, when="2026-03-09T12:00:00"):
    return {"store_id": store, "image_url": urls, "visit_time": when}


def wait_for(condition, what):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"waited {PATIENCE} s for {what}")


def repeated(targets):
    return {target: n for target, n in collections.Counter(targets).items() if n > 1}
