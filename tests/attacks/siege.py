#!/usr/bin/env python3
"""All attacks at once beside an honest client: what it notices of them.

usage: siege.py [--minutes M] [--short] [--only ATTACK...]

Strangers from many addresses of loopback attack a service with the default settings, but that it
may reach loopback and sends callbacks; each attack is bounded, and begun anew until the time is
over. A client from one other address meanwhile submits small jobs, waits for their ends and asks
for the health. Exit code 1 unless each of its submissions was accepted and answered within 2 s,
each job came to the right result, the health never failed, and the service's memory stayed under
200 MiB. --short: a quarter of a minute, to see that all holds.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import threading
import time

from table import Origin, World, is_sanitized
from harness import PROGRAM, visit

STORE = "S00339218"
MOST_SECONDS = 2.0  # for a submission of the honest client
MOST_MIB = 200
SECRET = "whsec_" + "c2llZ2Utc2llZ2Utc2llZ2Utc2llZ2Utc2llZ2U="


# --- the attackers: a process of their own, one coroutine per attack ----------------------------


class Attackers:
    """Everything they know: the port, and the jobs that were made for them before the siege."""

    def __init__(self, port, hosts, until):
        self.port, self.hosts, self.until = port, hosts, until
        self.rounds = {}  # of each attack
        self.answers = {}  # of each attack, by status

    def told(self, attack, status):
        self.answers.setdefault(attack, {}).setdefault(status, 0)
        self.answers[attack][status] += 1

    def rest(self):
        return max(0.0, self.until - time.monotonic())

    async def connect(self, source, small_window=False):
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(
                "127.0.0.1",
                self.port,
                local_addr=(source, 0),
                limit=4096 if small_window else 65536,
            ),
            5,
        )
        return reader, writer

    async def hold(self, source, pieces, seconds):
        """A connection on which the pieces are sent and nothing is read, for so long."""
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            _, writer = await self.connect(source, small_window=True)
            try:
                writer.transport.pause_reading()
                for piece in pieces:
                    writer.write(piece)
                    await asyncio.wait_for(writer.drain(), max(1.0, min(seconds, self.rest())))
                await asyncio.sleep(min(seconds, self.rest()))
            finally:
                writer.transport.abort()

    async def ask(self, source, request, attack, seconds=30):
        """The status of the answer, or 0."""
        status = 0
        with contextlib.suppress(
            OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError, IndexError
        ):
            reader, writer = await self.connect(source)
            try:
                writer.write(request)
                line = await asyncio.wait_for(reader.readline(), min(seconds, self.rest() + 1))
                status = int(line.split()[1])
            finally:
                writer.transport.abort()
        self.told(attack, status)
        return status

    async def submit(self, source, visits, attack, headers=b"", **more):
        body = json.dumps({"count": len(visits), "visits": visits, **more}).encode()
        return await self.ask(source, post("/api/submit", body, headers), attack)


def post(path, body, headers=b""):
    return (
        b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n%s\r\n"
        % (path.encode(), len(body), headers)
        + body
    )


def get(path, headers=b""):
    return b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (path.encode(), headers)


async def unread_pages(of):
    job = of.hosts["long_job"]
    await asyncio.gather(
        *(
            of.hold("127.0.10.1", [get(f"/api/jobs/{job}/images?limit=1000") * 4], 20)
            for _ in range(150)
        )
    )


async def partial_heads(of):
    """As many as the place has connections, from 40 addresses."""

    async def one(at):
        await of.hold(
            f"127.0.11.{1 + at % 40}", [b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "], 30
        )

    await asyncio.gather(*(one(at) for at in range(of.hosts["heads"])))


async def unfinished_uploads(of):
    head = b"POST /api/submit HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 67108864\r\n\r\n"
    piece = b" " * (1 << 20)
    await asyncio.gather(
        *(of.hold(f"127.0.12.{1 + at}", [head] + [piece] * 60, 30) for at in range(4))
    )


async def slow_streams(of):
    job = of.hosts["long_job"]
    await asyncio.gather(
        *(of.hold("127.0.13.1", [get(f"/api/jobs/{job}/results.ndjson")], 40) for _ in range(256))
    )


async def followers(of):
    job = of.hosts["endless_job"]
    await asyncio.gather(
        *(of.hold("127.0.14.1", [get(f"/api/jobs/{job}/events")], 30) for _ in range(1000))
    )


async def scanning_reads(of):
    job = of.hosts["many_job"]
    paths = [
        f"/api/jobs/{job}/images?state=failed&limit=1000",
        f"/api/jobs/{job}/audit",
        "/api/jobs?status=failed&limit=1000",
        "/api/visits?startdate=2026-01-01&enddate=2026-12-31",
    ]
    await asyncio.gather(
        *(of.ask("127.0.15.1", get(paths[at % len(paths)]), "scanning reads") for at in range(250))
    )
    await asyncio.sleep(1)


async def empty_urls(of):
    body = (
        b'{"count": 1, "visits": [{"store_id": "S1", "visit_time": "2026-03-09T12:00:00", "image_url": ['
        + b'"",' * ((4 << 20) // 3)
        + b'""]}]}'
    )
    await of.ask("127.0.16.1", post("/api/submit", body), "empty URLs")
    await asyncio.sleep(2)


async def tiny_urls(of):
    """300,000 images that cannot be fetched, in 1.2 MB."""
    await of.submit("127.0.17.1", [visit(STORE, ["a"] * 300_000)], "tiny URLs")
    await asyncio.sleep(60)


async def bad_hosts(of):
    """Redirectors, endless and silent hosts, in header mode or not: whatever the service was
    started with.
    """
    urls = [
        f"{of.hosts['bad']}/{kind}/{at}?{time.monotonic_ns()}"
        for kind in ("redirect", "endless", "slow", "lies", "garbage")
        for at in range(40)
    ]
    await of.submit("127.0.18.1", [visit(STORE, urls)], "bad hosts")
    await asyncio.sleep(5)


async def silent_receivers(of):
    for at in range(160):
        await of.submit(
            "127.0.19.1",
            [visit(STORE, ["not-a-url"])],
            "silent receivers",
            callback_url=f"http://127.0.20.{1 + at}:{of.hosts['silent']}/",
        )
    await asyncio.sleep(60)


async def other_sites(of):
    body = json.dumps({"count": 1, "visits": [visit(STORE, ["x"])]}).encode()
    for headers in (
        b"Sec-Fetch-Site: cross-site\r\n",
        b"Origin: http://elsewhere.example\r\n",
        b"Origin: null\r\n",
    ):
        await of.ask(
            "127.0.21.1",
            post("/api/submit", body, headers + b"Content-Type: text/plain\r\n"),
            "other sites",
        )
    await of.ask(
        "127.0.21.1", b"GET /api/jobs HTTP/1.1\r\nHost: rebound.example\r\n\r\n", "other sites"
    )
    await asyncio.sleep(0.2)


async def malformed(of):
    for request in (
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /api/submit HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a\nb\r\nxZZ0\r\n\r\n",
        b"POST /api/submit HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    ):
        await of.ask("127.0.22.1", request, "malformed requests", seconds=5)
    await asyncio.sleep(0.1)


ATTACKS = [
    unread_pages,
    partial_heads,
    unfinished_uploads,
    slow_streams,
    followers,
    scanning_reads,
    empty_urls,
    tiny_urls,
    bad_hosts,
    silent_receivers,
    other_sites,
    malformed,
]


async def attack(attackers, chosen):
    async def again_and_again(one):
        while attackers.rest() > 0:
            await one(attackers)
            attackers.rounds[one.__name__] = attackers.rounds.get(one.__name__, 0) + 1
            await asyncio.sleep(0.05)

    tasks = [asyncio.create_task(again_and_again(one)) for one in chosen]
    await asyncio.sleep(attackers.rest())
    for task in tasks:
        task.cancel()
    for one, ended in zip(
        chosen, await asyncio.gather(*tasks, return_exceptions=True), strict=True
    ):
        if isinstance(ended, Exception):
            print(f"the attack {one.__name__} broke down: {ended!r}", file=sys.stderr)


def attackers_process(port, hosts, until, chosen, results):
    os.nice(5)  # what is measured is the service, not who gets the processors of this machine
    attackers = Attackers(port, hosts, until)
    asyncio.run(attack(attackers, chosen))
    results.put((attackers.rounds, attackers.answers))


# --- the hosts that they bring ------------------------------------------------------------------


def bad_hosts_process(ports):
    """A host of images that does what its path says, and a listener on every address of loopback
    that accepts and never answers.
    """

    async def serve(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                kind = head.split(b" ", 2)[1].split(b"/")[1]
                if kind == b"redirect":
                    writer.write(
                        b"HTTP/1.1 302 Found\r\nLocation: /slow/target\r\nContent-Length: 0\r\n\r\n"
                    )
                elif kind == b"endless":
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8")
                    for _ in range(1000):
                        writer.write(b"\xff\xfe\xff\xff" + b"x" * 65533)
                        await writer.drain()
                    break
                elif kind == b"slow":
                    await asyncio.sleep(8)
                    break
                elif kind == b"lies":
                    writer.write(
                        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/1000000000\r\nContent-Length: 10\r\n\r\n0123456789"
                    )
                else:
                    writer.write(os.urandom(4096))
                    await writer.drain()
                    break
                await writer.drain()
        writer.close()

    async def run():
        bad = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)

        async def never(reader, writer):
            with contextlib.suppress(OSError):
                await reader.read()  # until the other side has had enough
            writer.close()

        silent = await asyncio.start_server(never, "0.0.0.0", 0, backlog=1024)
        ports.put((bad.sockets[0].getsockname()[1], silent.sockets[0].getsockname()[1]))
        await asyncio.Event().wait()

    asyncio.run(run())


# --- the honest client, and what is written down ------------------------------------------------


class Record:
    def __init__(self):
        self.seconds = []  # of each submission
        self.ends = 0
        self.health = 0
        self.probes = 0
        self.wrong = []
        self.memory = []  # MiB

    def note(self, what):
        self.wrong.append(what)


def be_honest(service, origin, until, record):
    """A small job every half second; each is to end right."""
    waiting = []
    at = 0
    while time.monotonic() < until:
        at += 1
        began = time.monotonic()
        try:
            waiting.append(
                (service.submit([visit(STORE, origin.photo_urls(3, f"honest-{at}-"))]), began)
            )
        except (AssertionError, OSError) as failure:
            record.note(f"submission {at}: {failure!r} after {time.monotonic() - began:.1f} s")
        else:
            record.seconds.append(time.monotonic() - began)
            if record.seconds[-1] > MOST_SECONDS:
                record.note(f"submission {at} took {record.seconds[-1]:.1f} s")
        time.sleep(0.5)
    for job, _ in waiting:
        try:
            status = service.wait_for_end(job)
            if status["status"] != "completed":
                record.note(f"job {job}: {status}")
            record.ends += 1
        except (AssertionError, OSError) as failure:
            record.note(f"status of job {job}: {failure!r}")


def ask_for_health(service, until, record):
    environment = dict(os.environ, RETAIL_PULSE_URL=f"http://127.0.0.1:{service.port}")
    next_probe = 0.0
    while time.monotonic() < until:
        for path in ("/healthz", "/readyz"):
            try:
                status, _ = service.get(path)
                record.health += 1
                if status != 200:
                    record.note(f"{path}: {status}")
            except OSError as failure:
                record.note(f"{path}: {failure!r}")
        record.memory.append(service.resident_kib("VmRSS") / 1024)
        if time.monotonic() >= next_probe:
            next_probe = time.monotonic() + 5
            ended = subprocess.run(
                [str(PROGRAM), "health"],
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
            )
            record.probes += 1
            if ended.returncode != 0:
                record.note(f"retail-pulse health: exit code {ended.returncode}, {ended.stderr}")
        time.sleep(0.25)


def prepare(service):
    """The jobs that strangers made before: pages whose texts are six bytes each, many images, and
    one that goes on.
    """
    long_urls = ["\x01" * 900 + str(at) for at in range(1200)]
    hosts = {
        "long_job": service.submit([visit(STORE, long_urls)]),
        "many_job": service.submit([visit(STORE, [f"nothing-{at}" for at in range(100_000)])]),
    }
    for job in hosts.values():
        service.wait_for_end(job)
    return hosts


def siege(seconds, heads, chosen):
    record = Record()
    with World() as world:
        origin = world.enter_context(contextlib.closing(Origin()))
        ports = multiprocessing.Queue()
        bad = multiprocessing.Process(target=bad_hosts_process, args=(ports,), daemon=True)
        bad.start()
        world.callback(bad.terminate)
        bad_port, silent_port = ports.get(timeout=30)
        service = world.service(
            "--callback-secret", SECRET, "--allow-callback-address", "127.0.0.0/8"
        )
        hosts = prepare(service)
        hosts |= {
            "bad": f"http://127.0.0.1:{bad_port}",
            "silent": silent_port,
            "heads": heads,
            "endless_job": service.submit(
                [visit(STORE, [f"http://127.0.0.1:{bad_port}/slow/{at}" for at in range(20_000)])]
            ),
        }
        until = time.monotonic() + seconds
        results = multiprocessing.Queue()
        attackers = multiprocessing.Process(
            target=attackers_process,
            args=(service.port, hosts, until, chosen, results),
            daemon=True,
        )
        attackers.start()
        world.callback(attackers.terminate)
        parts = [
            threading.Thread(target=part)
            for part in (
                lambda: be_honest(service, origin, until, record),
                lambda: ask_for_health(service, until, record),
            )
        ]
        for part in parts:
            part.start()
        rounds, answers = results.get(timeout=seconds + 120)
        for part in parts:
            part.join()
        if service.process.poll() is not None:
            record.note(f"the service ended with {service.process.returncode}")
    return record, rounds, answers


def report(record, rounds, answers):
    for name in sorted(rounds):
        print(f"  {name:20} {rounds[name]:6} rounds")
    for name in sorted(answers):
        print(
            f"  {name:20} answers {', '.join(f'{count} x {status}' for status, count in sorted(answers[name].items()))}"
        )
    seconds = sorted(record.seconds) or [0.0]
    print(
        f"submissions {len(record.seconds)}, median {seconds[len(seconds) // 2] * 1000:.0f} ms, slowest {seconds[-1] * 1000:.0f} ms, jobs that ended {record.ends}"
    )
    print(
        f"health {record.health} answers, {record.probes} probes; memory at most {max(record.memory, default=0):.0f} MiB"
    )
    if max(record.memory, default=0) > MOST_MIB and not is_sanitized():
        record.note(f"memory {max(record.memory):.0f} MiB")
    for what in record.wrong[:50]:
        print(f"WRONG {what}")
    print(f"siege: {len(record.wrong)} promises broken")
    return 1 if record.wrong or not record.seconds or not record.probes else 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument(
        "--short", action="store_true", help="a quarter of a minute, with fewer connections"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[one.__name__ for one in ATTACKS],
        help="these attacks, to see what each does",
    )
    chosen = parser.parse_args()
    attacks = [one for one in ATTACKS if not chosen.only or one.__name__ in chosen.only]
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    heads = min(1000 if chosen.short else 8300, max(100, descriptors // 2))
    return report(*siege(15 if chosen.short else chosen.minutes * 60, heads, attacks))


if __name__ == "__main__":
    sys.exit(main())
