"""Measures many subscribers of one job's event stream (Server-Sent Events): the lag between them,
the memory of one, and whether each receives the final event; then the same with connections that
are cut and resumed at random moments.

Loopback only; the clients share one process and one thread, so their own work is part of the lag.
Timings are printed only; the exit code is 1 when a client misses the final event, or receives an id
that is not larger than the last one.

usage: scripts/bench followers [--clients N] [--images N] [--cuts N] [--seed N]
"""

import argparse
import contextlib
import json
import pathlib
import random
import selectors
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/end_to_end"))
import events  # noqa: E402
import harness  # noqa: E402
import hosts  # noqa: E402

STORE = "S00339218"
IN_FLIGHT = "512"  # with the default delay 2,000 images a second
JOB_DEADLINE = 300  # seconds


class Follower:
    """One subscriber. Checks the order of ids; can be cut and resumed."""

    def __init__(self, crowd):
        self.crowd = crowd
        self.last_id = None
        self.ended = False
        self.wrong = []
        self.connections = 0
        self.socket = None

    def connect(self):
        resume = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
        self.socket = socket.create_connection(
            ("127.0.0.1", self.crowd.service.port), timeout=harness.PATIENCE
        )
        self.socket.sendall(
            f"GET /api/jobs/{self.crowd.job}/events HTTP/1.1\r\nHost: h\r\n{resume}\r\n".encode()
        )
        self.socket.setblocking(False)
        self.text = b""
        self.connections += 1
        self.crowd.selector.register(self.socket, selectors.EVENT_READ, self)

    def cut(self):
        self.crowd.selector.unregister(self.socket)
        self.socket.close()
        self.socket = None

    def readable(self):
        try:
            came = self.socket.recv(1 << 16)
        except ConnectionError:
            came = b""
        now = time.monotonic()
        self.text += came
        # Chunk sizes are on lines of their own and no line of an event looks like one, so chunks
        # need no parser here.
        *blocks, self.text = self.text.split(b"\n\n")
        for block in blocks:
            fields = dict(
                line.rstrip(b"\r").split(b": ", 1) for line in block.split(b"\n") if b": " in line
            )
            if b"id" in fields:
                self.hear(fields[b"id"].decode(), now)
            if fields.get(b"event") == b"end":
                self.ended = True
                self.final = json.loads(fields[b"data"])
        if self.ended or b"HTTP/1.1 204" in self.text:
            if not self.ended:
                self.wrong.append("204 before the end was seen")
            self.cut()
        elif not came:
            self.wrong.append("the stream ended without an end")
            self.cut()

    def hear(self, number, now):
        if self.last_id and events.key(number) <= events.key(self.last_id):
            self.wrong.append(f"{number} after {self.last_id}")
        self.last_id = number
        self.crowd.times.setdefault(number, []).append(now)


class Crowd:
    def __init__(self, service, job, clients):
        self.service = service
        self.job = job
        self.selector = selectors.DefaultSelector()
        self.times = {}  # id of an event -> times at which clients received it
        self.followers = [Follower(self) for _ in range(clients)]

    def connect(self):
        for follower in self.followers:
            follower.connect()
            self.turn(0)

    def turn(self, seconds):
        for key, _ in self.selector.select(seconds):
            key.data.readable()

    def until_the_end(self, each_turn=lambda: None):
        deadline = time.monotonic() + JOB_DEADLINE
        while any(f.socket for f in self.followers) and time.monotonic() < deadline:
            each_turn()
            self.turn(0.05)

    def faults(self):
        missed = [
            f"follower {n} did not see the end" for n, f in enumerate(self.followers) if not f.ended
        ]
        disagreed = [
            f"follower {n} saw another end"
            for n, f in enumerate(self.followers)
            if f.ended and f.final != self.service.status(self.job)
        ]
        return (
            missed
            + disagreed
            + [f"follower {n}: {text}" for n, f in enumerate(self.followers) for text in f.wrong]
        )


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def submit(service, host, images, tag):
    names = sorted(photo.name for photo in harness.PHOTOS.iterdir())
    urls = host.urls(names, tag, images // len(names) + 1)[:images]
    return service.submit([harness.visit(STORE, urls)])


def measure(service, host, clients, images):
    service.wait_for_end(
        submit(service, host, images, "warm")
    )  # the memory that any job takes does not count
    job = submit(service, host, images, "followed")
    before = service.resident_kib("VmRSS")
    crowd = Crowd(service, job, clients)
    crowd.connect()
    costs = service.resident_kib("VmRSS") - before
    crowd.times.clear()  # each client connected at another moment of the job
    for _ in range(20):  # reads what was sent until then
        crowd.turn(0.01)
    crowd.times.clear()
    crowd.until_the_end()
    lags = [
        (time_heard - min(times)) * 1000
        for times in crowd.times.values()
        if len(times) == clients
        for time_heard in times
    ]
    print(
        f"{clients} clients, a job of {images} images: {len(crowd.times)} events, {len(lags) // clients} of them heard by all"
    )
    if lags:
        print(
            f"lag behind the first client that heard the same event: p50 {percentile(lags, 0.5):.1f} ms, p99 {percentile(lags, 0.99):.1f} ms, "
            f"slowest {max(lags):.1f} ms"
        )
    print(f"memory: {costs / clients:.1f} KiB resident per client")
    return crowd.faults()


def resume(service, host, clients, images, cuts, seed):
    chance = random.Random(seed)
    job = submit(service, host, images, "resumed")
    crowd = Crowd(service, job, clients)
    crowd.connect()
    left = cuts

    def cut_some():
        nonlocal left
        for _ in range(min(left, chance.randint(0, cuts // 50))):
            follower = chance.choice(crowd.followers)
            if follower.socket:
                follower.cut()
                follower.connect()
                left -= 1

    crowd.until_the_end(cut_some)
    print(
        f"{cuts - left} connections cut and resumed, {sum(f.connections for f in crowd.followers)} in all; "
        f"{sum(f.ended for f in crowd.followers)} of {clients} clients saw the end"
    )
    return crowd.faults() + (
        [f"the job ended before the last {left} cuts; give it more images"] if left else []
    )


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--clients", type=int, default=1000)
    arguments.add_argument("--images", type=int, default=20_000)
    arguments.add_argument("--cuts", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument(
        "--program", type=pathlib.Path, default=harness.SOURCE / "build/release/retail-pulse"
    )
    given = arguments.parse_args()
    harness.PROGRAM = given.program
    with contextlib.closing(hosts.FastHost(harness.PHOTOS)) as host, harness.Service(
        "--images-in-flight", IN_FLIGHT
    ) as service:
        faults = measure(service, host, given.clients, given.images)
        faults += resume(service, host, given.clients, given.images, given.cuts, given.seed)
    for fault in faults[:20]:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
