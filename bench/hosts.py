"""Image hosts for the benchmarks, on loopback: nginx, and hosts that hang."""

import contextlib
import pathlib
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/end_to_end"))
import harness  # noqa: E402

NGINX = """{modules}
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
  # Names without a suffix: not text, which some clients would convert.
  types {{ image/jpeg jpg; image/png png; image/gif gif; image/bmp bmp; image/webp webp;
           image/avif avif; image/heic heic; image/tiff tif; image/x-icon ico; }}
  default_type application/octet-stream;
  log_format each '$request_uri $status $body_bytes_sent';
  access_log {folder}/access.log each buffer=64k flush=100ms;
  sendfile on; tcp_nopush on; keepalive_timeout 60; keepalive_requests 1000000; open_file_cache max=10000;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3; uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; {locations} }}
}}
"""


class FastHost:
    """nginx serving a folder on a free port of 127.0.0.1, with its log. Each answer is delayed by
    `delay` seconds.
    """

    def __init__(self, root, delay=0):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fast-host-"))
        self.folder.chmod(0o755)
        with socket.socket() as any_port:
            any_port.bind(("127.0.0.1", 0))
            self.port = any_port.getsockname()[1]
        (self.folder / "nginx.conf").write_text(
            NGINX.format(
                folder=self.folder,
                port=self.port,
                root=pathlib.Path(root).resolve(),
                modules="load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;"
                if delay
                else "",
                locations=f"location / {{ echo_sleep {delay}; echo_exec /now$uri; }} location /now/ {{ internal; alias {pathlib.Path(root).resolve()}/; }}"
                if delay
                else "",
            )
        )
        (self.folder / "access.log").touch()
        self.process = subprocess.Popen(
            [
                "/usr/sbin/nginx",
                "-c",
                str(self.folder / "nginx.conf"),
                "-e",
                str(self.folder / "error.log"),
            ]
        )
        self._read_to = 0
        harness.wait_for(self._answers, "nginx")

    def _answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "error.log").read_text())
        return False

    def urls(self, names, tag, passes=1):
        """A distinct URL for every image, over the files of these names in turn."""
        return [
            f"http://127.0.0.1:{self.port}/{name}?{tag}={n}"
            for n in range(passes)
            for name in names
        ]

    def served(self, urls):
        """(requests, body bytes) of each URL since the last call. Checks that each was requested,
        and nothing else.
        """
        log = self.folder / "access.log"
        size = -1
        while (
            size != log.stat().st_size
        ):  # an aborted download is logged later, when the host notices
            size = log.stat().st_size
            time.sleep(0.3)
        with log.open() as lines:
            lines.seek(self._read_to)
            text = lines.read()
            self._read_to = lines.tell()
        found = {url.split("/", 3)[3]: [0, 0] for url in urls}
        for line in text.splitlines():
            target, status, sent = line.split()
            if status not in ("200", "206"):
                raise AssertionError(f"the host answered {line}")
            entry = found[target[1:]]
            entry[0] += 1
            entry[1] += int(sent)
        if not all(requests for requests, _ in found.values()):
            raise AssertionError("there are images whose host was never asked for them")
        return list(found.values())

    def requests(self):
        """The number of requests since the last call. Checks that all succeeded."""
        log = self.folder / "access.log"
        size = -1
        while size != log.stat().st_size:
            size = log.stat().st_size
            time.sleep(0.3)
        count = 0
        with log.open() as lines:
            lines.seek(self._read_to)
            for line in lines:
                count += 1
                if line.split()[1] not in ("200", "206"):
                    raise AssertionError(f"the host answered {line}")
            self._read_to = size
        return count

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


KINDS = (
    "accepts and says nothing",
    "reads the request and says nothing",
    "drips its headers",
    "drips its body",
)


class HangingHosts:
    """Hosts that accept connections and never complete a response, in one of the ways of KINDS
    each. Each has its own address, from 127.0.0.10 on, so that no two share a limit. Dripping ones
    send one byte a second.
    """

    def __init__(self, count):
        self.urls = []
        self.hanging = 0  # number of connections with a hanging fetch
        self._selector = selectors.DefaultSelector()
        self._dripping = []
        self._wake, wake = socket.socketpair()
        self._selector.register(wake, selectors.EVENT_READ, None)
        for n in range(count):
            listener = socket.create_server((f"127.0.0.{10 + n}", 0), backlog=512)
            listener.setblocking(False)
            self._selector.register(
                listener, selectors.EVENT_READ, ("listener", KINDS[n % len(KINDS)])
            )
            self.urls.append(f"http://127.0.0.{10 + n}:{listener.getsockname()[1]}")
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        """Closes every connection."""
        self._ended = True
        self._wake.send(b"x")
        self._thread.join()
        self._wake.close()

    def _run(self):
        next_drip = time.monotonic() + 1
        while not self._ended:
            for key, _ in self._selector.select(max(0.0, next_drip - time.monotonic())):
                if key.data is not None:
                    self._serve(key.fileobj, *key.data)
            if time.monotonic() >= next_drip:
                next_drip += 1
                for connection in self._dripping:
                    with contextlib.suppress(OSError):
                        connection.send(b"a")
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def _serve(self, which, what, kind):
        if what == "listener":
            connection, _ = which.accept()
            connection.setblocking(False)
            if kind == KINDS[0]:
                self.hanging += 1
            self._selector.register(connection, selectors.EVENT_READ, ("connection", kind))
            return
        with contextlib.suppress(OSError):
            if which.recv(65536):
                self._hang(which, kind)
                return
        self._selector.unregister(which)
        if which in self._dripping:
            self._dripping.remove(which)
        which.close()

    def _hang(self, connection, kind):
        if kind == KINDS[0]:
            return
        self.hanging += 1
        if kind == KINDS[2]:
            connection.send(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            self._dripping.append(connection)
        if kind == KINDS[3]:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nGIF89a\x01\0\x01\0")
            self._dripping.append(connection)
