"""A real browser for attacks that only a browser makes: headless Chromium on loopback, in a folder
of its own, told what to do over a pipe.
"""

import http.server
import json
import os
import select
import shutil
import signal
import socketserver
import subprocess
import tempfile
import threading
import time

PATIENCE = 120  # seconds for one step; most of it is Chromium's start on a busy machine


class Server:
    """Serves on a thread of its own until it is closed."""

    def serve(self, server):
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Site(Server):
    """Another web site, on a free port of 127.0.0.1: every path is the same page, which does
    nothing.
    """

    PAGE = b"<!doctype html><meta charset=utf-8><title>another site</title>"

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(Site.PAGE)))
                self.end_headers()
                self.wfile.write(Site.PAGE)

            def log_message(self, *_):
                pass

        self.serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        self.port = self._server.server_address[1]


class TurningName(Server):
    """What a name leads to whose owner lets it lead elsewhere (DNS rebinding): 127.0.0.2, at the
    port of a service. It is the owner's site for GET /page, and everything else goes to the service
    byte by byte, as if the name led to it.
    """

    def __init__(self, port):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.settimeout(PATIENCE)
                head = b""
                while b"\r\n\r\n" not in head:
                    part = self.request.recv(65536)
                    if not part:
                        return
                    head += part
                if head.startswith(b"GET /page "):
                    self.request.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                        % (len(Site.PAGE), Site.PAGE)
                    )
                else:
                    self.pass_on(head)

            def pass_on(self, head):
                with socketserver.socket.create_connection(
                    ("127.0.0.1", port), timeout=PATIENCE
                ) as service:
                    service.sendall(head)
                    other = {self.request: service, service: self.request}
                    while True:
                        for ready in select.select(list(other), [], [], PATIENCE)[0] or [None]:
                            part = ready and ready.recv(65536)
                            if not part:
                                return
                            other[ready].sendall(part)

        socketserver.ThreadingTCPServer.daemon_threads = True
        self.serve(socketserver.ThreadingTCPServer(("127.0.0.2", port), Handler))


class Browser:
    """Chromium with one page. `names`, {name: address of loopback}; no other name leads
    anywhere.
    """

    def __init__(self, names=()):
        program = shutil.which("chromium")
        if program is None:
            raise AssertionError(
                "there is no chromium, which makes this attack: scripts/install-deps installs it"
            )
        self._folder = tempfile.mkdtemp(prefix="retail-pulse-browser-")
        leads = [f"MAP {name} {address}" for name, address in dict(names).items()]
        rules = ", ".join([*leads, "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1", "EXCLUDE localhost"])
        # Its own sandbox cannot be had as root, or in most containers; all that it is shown is
        # ours.
        command = [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-extensions",
            "--disable-dev-shm-usage",
            "--no-proxy-server",
            "--remote-debugging-pipe",
            f"--user-data-dir={self._folder}/profile",
            f"--host-resolver-rules={rules}",
        ]
        self._log = open(f"{self._folder}/log", "w+b")  # noqa: SIM115; as long as the browser
        its_input, self._to = os.pipe()
        self._from, its_output = os.pipe()

        # it reads from descriptor 3 and writes to 4, where by now the log and the pipes
        # are
        def take_pipes():
            high = [os.dup(end) for end in (its_input, its_output)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        environment = {
            **os.environ,
            "HOME": self._folder,
            "XDG_CONFIG_HOME": self._folder,
            "XDG_CACHE_HOME": self._folder,
        }
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env=environment,
            start_new_session=True,
            preexec_fn=take_pipes,
            pass_fds=(3, 4),
        )
        os.close(its_input)
        os.close(its_output)
        self._unread = b""
        self._number = 0
        self._session = None

    def open(self, url):
        """Shows a page, and returns when it is there."""
        if self._session is None:
            target = self._ask("Target.createTarget", url="about:blank")["targetId"]
            self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)[
                "sessionId"
            ]
            self._ask("Page.enable")
        self._ask("Page.navigate", url=url)
        self.run(
            f"new Promise(done => setInterval(() => document.readyState == 'complete' && location.href == {json.dumps(url)} && done(1), 20))",
            again=True,
        )
        return self

    def run(self, script, again=False):
        """What an expression of the page's own comes to, or what its promise does."""
        while True:
            try:
                seen = self._ask(
                    "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
                )
                break
            except RuntimeError:  # the page went while it ran
                if not again:
                    raise
        if "exceptionDetails" in seen:
            raise AssertionError(f"the page's script failed: {seen['exceptionDetails']}")
        return seen["result"].get("value")

    def _ask(self, method, **parameters):
        self._number += 1
        question = {"id": self._number, "method": method, "params": parameters}
        if self._session and not method.startswith("Target."):
            question["sessionId"] = self._session
        os.write(self._to, json.dumps(question).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _next(self, deadline):
        while b"\0" not in self._unread:
            ready = select.select([self._from], [], [], max(0, deadline - time.monotonic()))[0]
            part = ready and os.read(self._from, 1 << 20)
            if not part:
                raise AssertionError(
                    f"Chromium {'ended' if ready else f'told nothing in {PATIENCE} s'}\n{self._said()}"
                )
            self._unread += part
        text, _, self._unread = self._unread.partition(b"\0")
        return json.loads(text)

    def _said(self):
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-2000:]

    def close(self):
        try:
            os.killpg(
                self._process.pid, signal.SIGKILL
            )  # the session that was made for it, so its children too
        except ProcessLookupError:
            pass  # it has ended
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)
