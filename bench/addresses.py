"""Hosts at every address of loopback at once, for the benchmarks that need more hosts than can be
started: one that answers, ports that are silent or refuse, and a name server without names.

The service counts fetches by origin and by address. With one port at all of 127.0.0.0/8, each
address is a host of its own.
"""

import asyncio
import contextlib
import multiprocessing
import os
import random
import socket
import struct
import threading

from hosts import harness

PHOTO = harness.PHOTOS / "aisle-palette.png"  # the smallest
EVERY_ADDRESS = "0.0.0.0"
NAME_SERVER = "127.0.99.53"
# Below the ports that the kernel gives to clients: a host that was away finds its port free.
PORTS = range(12_000, 32_000)


def address(n):
    """The n-th address, from 127.1.0.1 on; none ends with 0 or 255."""
    return f"127.{1 + n // 50_000}.{n // 250 % 200}.{1 + n % 250}"


class LoopbackHost:
    """An image host at every address of loopback, in a process of its own. It answers `delay`
    seconds after a request: with a photo, and to /busy/S/... with 503 and, unless S is 0, with
    "Retry-After: S".
    """

    def __init__(self, delay):
        self._asked = multiprocessing.Value("q", 0)
        self._orders, orders = multiprocessing.Pipe()
        self._process = multiprocessing.Process(
            target=_serve, args=(delay, self._asked, orders), daemon=True
        )
        self._process.start()
        self.port = self._orders.recv()

    def urls(self, count, tag, hosts=1, first=0):
        """Different URLs, going round the hosts at `hosts` addresses, from the `first` on."""
        return [f"http://{address(first + n % hosts)}:{self.port}/{tag}{n}" for n in range(count)]

    @property
    def asked(self):
        """The number of requests."""
        return self._asked.value

    def leave(self):
        """Closes its listener and all connections, as a host does whose process dies."""
        self._order("leave")

    def come_back(self):
        self._order("come back")

    def _order(self, what):
        self._orders.send(what)
        self._orders.recv()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.join()


class _Connection(asyncio.Protocol):
    def __init__(self, host):
        self._host = host
        self._received = b""

    def connection_made(self, transport):
        self.transport = transport
        self._host.connections.add(self)

    def connection_lost(self, _):
        self._host.connections.discard(self)

    def data_received(self, data):
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            self._host.asked.value += 1
            asyncio.get_running_loop().call_later(
                self._host.delay, self._answer, head.split(b" ", 2)[1]
            )

    def _answer(self, target):
        if not self.transport.is_closing():
            self.transport.write(self._host.answer(target))


class _Host:
    def __init__(self, delay, asked):
        self.delay, self.asked = delay, asked
        self.connections = set()
        photo = PHOTO.read_bytes()
        self._photo = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(photo) + photo

    def answer(self, target):
        if not target.startswith(b"/busy/"):
            return self._photo
        seconds = target.split(b"/")[2]
        retry_after = b"" if seconds == b"0" else b"Retry-After: %s\r\n" % seconds
        return b"HTTP/1.1 503 Busy\r\n%sContent-Length: 0\r\n\r\n" % retry_after

    async def listen(self, port):
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self), EVERY_ADDRESS, port, backlog=4096
        )

    def leave(self):
        self._server.close()
        for connection in list(self.connections):
            connection.transport.abort()


def _serve(delay, asked, orders):
    parent = os.getppid()

    async def come_back(host, port):
        await host.listen(port)
        orders.send("done")

    async def run():
        loop, tasks = asyncio.get_running_loop(), []
        host = _Host(delay, asked)
        port = await _listen_somewhere(host)

        def obey():
            if orders.recv() == "leave":
                host.leave()
                orders.send("done")
            else:
                tasks.append(loop.create_task(come_back(host, port)))

        loop.add_reader(orders.fileno(), obey)
        orders.send(port)
        while os.getppid() == parent:  # so that it ends also when its parent was killed
            await asyncio.sleep(1)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


async def _listen_somewhere(host):
    while True:
        port = random.SystemRandom().choice(PORTS)
        with contextlib.suppress(OSError):
            await host.listen(port)
            return port


class RefusingPort:
    """A port that refuses connections, at every address of loopback, and stays reserved."""

    def __enter__(self):
        self._bound = socket.socket()
        self._bound.bind((EVERY_ADDRESS, 0))
        self.port = self._bound.getsockname()[1]
        return self

    def __exit__(self, *_):
        self._bound.close()


class SilentPort:
    """A listener at every address of loopback whose backlog is full: a connection attempt gets no
    answer at all.
    """

    def __enter__(self):
        listener = socket.socket()
        listener.bind((EVERY_ADDRESS, 0))
        listener.listen(0)
        self.port = listener.getsockname()[1]
        self._held = [listener]
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((address(0), self.port))
            self._held.append(filler)
        return self

    def __exit__(self, *_):
        for held in self._held:
            held.close()


class NoNames:
    """A name server that knows no name. `command` starts a program that asks it, which takes root
    and a mount namespace.
    """

    def __init__(self, folder):
        self._file = folder / "resolv.conf"
        self._file.write_text(f"nameserver {NAME_SERVER}\n")
        mount = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        self.command = ["unshare", "--mount", "sh", "-c", mount, str(self._file)]

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((NAME_SERVER, 53))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _run(self):
        while query := self._socket.recvfrom(4096):
            data, sender = query
            if not data:
                return
            self._socket.sendto(_no_such_name(data), sender)


def _no_such_name(query):
    """NXDOMAIN to a query (RFC 1035, 4.1): its id, one question, nothing else."""
    end = 12
    while query[end]:
        end += 1 + query[end]
    flags = 0x8183  # a response, recursion desired and available, no such name
    return query[:2] + struct.pack("!5H", flags, 1, 0, 0, 0) + query[12 : end + 5]
