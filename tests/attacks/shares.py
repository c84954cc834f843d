"""Clients that take more than their share: connections, memory, threads, time."""

import contextlib
import select
import socket
import subprocess
import time

from harness import PROGRAM, Service, visit
from table import Stranger, attack, expect, expect_equal, is_sanitized

GREEDY = "127.0.0.2"
OTHER = "127.0.0.3"


def small_service(world, *flags):
    """The real program with so few descriptors that some hundred connections are all it can
    have.
    """
    made = Service("--fetch-threads", "16", *flags)
    made.prefix = ["prlimit", "--nofile=512:512"]
    return world.enter_context(made)


def job_of_long_texts(service, images=1100):
    """A job without a known store, whose URLs take six times their size in JSON."""
    job = service.submit([visit("nowhere", ["\u0001" * 1000 + str(n) for n in range(images)])])
    service.wait_for_end(job)
    return job


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode()


def asking(world, service, request, count, sources=(GREEDY,)):
    """So many connections that have sent a request, or a part of one, and read nothing."""
    made = []
    for n in range(count):
        connection = world.connect(service.port, sources[n % len(sources)])
        with contextlib.suppress(ConnectionError):  # it may be refused already
            connection.sendall(request)
        made.append(connection)
    return made


def not_reading(world, service, request, count):
    """The same from one address, with so small a window that what is not read stays with the
    service, not in the kernel.
    """
    made = []
    for _ in range(count):
        connection = world.enter_context(socket.socket())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.bind((GREEDY, 0))
        connection.connect(("127.0.0.1", service.port))
        connection.sendall(request)
        made.append(connection)
    return made


def answered(connections):
    """Those to which something has come, be it their end."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLIN)
    return {number for number, _ in poll.poll(0)}


def wait_until_still(service):
    """Until the service's memory has not grown for a second: it waits for its clients."""
    last, still = service.resident_kib(), 0
    for _ in range(100):
        time.sleep(0.25)
        now = service.resident_kib()
        still = still + 1 if now == last else 0
        last = now
        if still == 4:
            return


def wait_for_answers(connections, count):
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLIN)
    for _ in range(count):
        found = poll.poll(60_000)
        expect(found, "a client got no answer within a minute")
        for number, _ in found:
            poll.unregister(number)
        count -= len(found)
        if count <= 0:
            return


def expect_served(service, source=OTHER):
    """Whoever watches over the service sees that it lives, and a client that wants little gets
    it.
    """
    told = subprocess.run(
        [PROGRAM, "health", "--url", f"http://127.0.0.1:{service.port}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    expect_equal(told.returncode, 0, f"retail-pulse health: {told.stdout}{told.stderr}")
    stranger = Stranger(service.port, source)
    expect_equal(stranger.get("/healthz")[0], 200, "/healthz")
    expect_equal(stranger.get("/readyz")[0], 200, "/readyz")
    job = stranger.submit([visit("nowhere", ["http://h.example/1.jpg"])])
    expect_equal(stranger.get(f"/api/status?jobid={job}")[0], 200, "a status")


PART_OF_A_HEAD = b"GET /api/status?jobid=1 HTTP/1.1\r\nHost: h\r\nX-A: "


@attack(
    "shares: one client opens more connections than there are and never ends a head",
    "health checks and other clients are served meanwhile; a head that does not come is given up after 10 s",
)
def heads_of_one(world):
    service = small_service(world)
    asking(world, service, PART_OF_A_HEAD, 600)
    expect_served(service)
    asking(world, service, PART_OF_A_HEAD, 600)
    expect_served(service)


@attack(
    "shares: heads that never end, from hundreds of addresses",
    "those that stand still make room: health checks and other clients are served",
)
def heads_of_many(world):
    service = small_service(world)
    sources = [f"127.1.{n // 200}.{n % 200 + 1}" for n in range(600)]
    asking(world, service, PART_OF_A_HEAD, 600, sources)
    expect_served(service)
    asking(world, service, b"", 600, sources)
    expect_served(service)


@attack(
    "shares: one client asks for the health on every connection, again and again, and reads no answer",
    "such a connection makes room as a silent one does: health checks and other clients are served",
)
def unread_health(world):
    service = small_service(world)
    for _ in range(600):
        connection = world.enter_context(socket.socket())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_MAXSEG, 88
        )  # so that the kernel takes few answers for it
        connection.bind((GREEDY, 0))
        connection.settimeout(30)
        connection.connect(("127.0.0.1", service.port))
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            connection.send(get("/healthz") * 1500)
    wait_until_still(service)  # all that the kernel takes is answered
    expect_served(service)


@attack(
    "shares: requests that wait for long, with heads as long as they may be",
    "heads count as bodies do: one client's take 64 MiB at most",
)
def long_heads(world):
    service = world.service("--gpu-delay", "0")
    origin = world.origin(delay=600)
    job = service.submit([visit("S00339218", origin.photo_urls(1, "long-heads-"))])
    fields = "".join(f"X-{n}: {'a' * 15_900}\r\n" for n in range(5))
    request = f"GET /api/status?jobid={job}&wait=60 HTTP/1.1\r\nHost: h\r\n{fields}\r\n".encode()
    before = service.resident_kib()
    asking(world, service, request, 3000)
    wait_until_still(service)
    grown = (service.resident_kib() - before) // 1024
    if not is_sanitized():
        expect(grown < 150, f"3,000 heads of 80 KB cost {grown} MiB")
    expect_served(service)


@attack(
    "shares: bodies that never come, one on each connection",
    "a request that is not whole makes room as a silent connection does",
)
def bodies_that_never_come(world):
    service = small_service(world)
    asking(
        world,
        service,
        b"POST /api/submit HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n{",
        600,
    )
    expect_served(service)


@attack(
    "shares: requests that wait for long take all connections",
    "each client has a share of the requests that are served at once",
)
def requests_that_wait(world):
    service = small_service(world)
    origin = world.origin(delay=600)
    job = service.submit([visit("S00339218", origin.photo_urls(1))])
    waiting = asking(world, service, get(f"/api/jobs/{job}/events"), 300) + asking(
        world, service, get(f"/api/status?jobid={job}&wait=60"), 300
    )
    expect_served(service)
    follower = world.connect(service.port, OTHER)
    follower.sendall(get(f"/api/jobs/{job}/events"))
    expect(follower.recv(4096).startswith(b"HTTP/1.1 200"), "another client cannot follow a job")
    expect(len(answered(waiting)) > 0, "one client follows as often as it likes")


@attack(
    "shares: pages of six times their size that nobody reads",
    "they cost 24 MiB and a few pages in all, and others read theirs",
)
def unread_pages(world):
    service = world.service()
    job = job_of_long_texts(service)
    page = f"/api/jobs/{job}/images?limit=1000"
    other = Stranger(service.port, OTHER)
    expect_equal(other.get(page)[0], 200, "a page")  # what one page costs is there before
    before = service.resident_kib()
    unread = not_reading(
        world, service, get(page) * 4, 150
    )  # the first two fit into the kernel's buffers
    wait_for_answers(unread, len(unread))
    wait_until_still(service)
    for _ in range(20):
        expect_equal(other.get(page)[0], 200, "a page for another client")
    grown = (service.resident_kib() - before) // 1024
    expect(grown < 300, f"150 clients that do not read cost {grown} MiB")


@attack(
    "shares: four submissions of 64 MiB that stop before their end",
    "the one that stands still gives way to another client's submission",
)
def unfinished_uploads(world):
    service = world.service()
    size = 64 * 1024 * 1024
    head = f"POST /api/submit HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\n\r\n".encode()
    piece = b" " * (1024 * 1024)
    for source in ("127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"):
        upload = world.connect(service.port, source)
        with contextlib.suppress(ConnectionError):
            upload.sendall(head)
            for _ in range(63):
                upload.sendall(piece)
            upload.sendall(piece[:-1])
    wait_until_still(service)
    other = Stranger(service.port, OTHER)
    visits = [visit("nowhere", [f"http://h.example/{n}.jpg" for n in range(500)])]
    for _ in range(5):
        other.submit(visits)
    expect_served(service)


@attack(
    "shares: one client streams as many reports as there may be, and does not read",
    "another client streams its report",
)
def slow_streams(world):
    service = world.service()
    job = job_of_long_texts(service, 4000)
    slow = not_reading(world, service, get(f"/api/jobs/{job}/results.ndjson"), 300)
    wait_for_answers(slow, 200)
    other = Stranger(service.port, OTHER)
    small = other.submit([visit("nowhere", ["http://h.example/1.jpg"])])
    other.wait_for_end(small)
    for path in (f"/api/jobs/{small}/results.ndjson", f"/api/jobs/{small}"):
        expect_equal(other.get(path)[0], 200, path)
    expect_served(service)


@attack(
    "shares: one client has hundreds of reads waiting",
    "another client's read waits for those that are being read, not for all",
)
def scanning_reads(world):
    service = world.service()
    job = job_of_long_texts(service)
    scans = asking(world, service, get(f"/api/jobs/{job}/images?limit=1000"), 250)
    wait_for_answers(scans, 1)
    other = Stranger(service.port, OTHER)
    expect_equal(other.get(f"/api/jobs/{job}")[0], 200, "a report")
    done = len(answered(scans))
    expect(done < 200, f"{done} of 250 reads of one client came before the read of another")
    expect_served(service)


@attack(
    "shares: one client audits again and again, on many connections",
    "another client's audit is made, after the one that runs",
)
def audits(world):
    service = world.service()
    job = service.submit([visit("nowhere", [f"http://h.example/{n}.jpg" for n in range(20_000)])])
    service.wait_for_end(job)
    asking(world, service, get(f"/api/jobs/{job}/audit") * 40, 40)
    other = Stranger(service.port, OTHER)
    for _ in range(5):
        status, audit = other.get(f"/api/jobs/{job}/audit")
        expect_equal(status, 200, f"an audit: {audit}")
    expect_served(service)


@attack(
    "shares: a proxy in front sends what many clients ask for",
    "no share of one client holds for an address that is trusted",
)
def trusted_proxy(world):
    service = small_service(world, "--trusted-client", "127.0.0.2/32")
    origin = world.origin(delay=600)
    job = service.submit([visit("S00339218", origin.photo_urls(1))])
    following = asking(world, service, get(f"/api/jobs/{job}/events"), 250)
    wait_for_answers(following, len(following))
    heads = [connection.recv(12) for connection in following]
    expect_equal(set(heads), {b"HTTP/1.1 200"}, "followers behind a proxy")
    others = asking(world, service, get(f"/api/jobs/{job}/events"), 40, (OTHER,))
    wait_for_answers(others, len(others))
    expect_equal(
        {c.recv(12) for c in others}, {b"HTTP/1.1 200", b"HTTP/1.1 503"}, "followers of one client"
    )
