"""Callbacks: receivers that stall, places that a POST must not reach."""

import base64
import contextlib
import http.server
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time

from harness import visit, wait_for
from table import attack, expect, expect_equal

SECRET = "whsec_" + base64.b64encode(os.urandom(32)).decode()
TO_LOOPBACK = ("--callback-secret", SECRET, "--allow-callback-address", "127.0.0.0/8")
# seconds: more than a job and a POST ever take here, and a quarter of what it took behind 160
# silent receivers
SOON = 45


class Receiver:
    """Takes every message with `status`, and remembers when it came, by its path, and under which
    id.
    """

    def __init__(self, world, status=204, address="127.0.0.1"):
        self.told = []  # (path, webhook-id)
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told.append((self.path, self.headers["webhook-id"]))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer((address, 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        world.callback(server.server_close)
        world.callback(thread.join)
        world.callback(server.shutdown)
        self.url = f"http://{address}:{server.server_port}"

    def paths(self):
        return [path for path, _ in self.told]


def silent_port(world):
    """A port of every loopback address at which a request arrives and is never answered. One
    descriptor, however many come.
    """
    listener = world.enter_context(socket.socket())
    listener.bind(("0.0.0.0", 0))
    listener.listen(4096)  # nobody accepts
    return listener.getsockname()[1]


def all_waiting(world, listener):
    with contextlib.suppress(BlockingIOError):
        while True:
            yield world.enter_context(listener.accept()[0])


def is_open(connection):
    """Whether the other end has not given up."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
        return False
    except BlockingIOError:
        return True


def submit(service, url, images=("http://127.0.0.1:9/",), store="no such store"):
    """Submits a job that ends at once, with `url` as the URL of its webhook."""
    visits = [{"store_id": store, "image_url": list(images), "visit_time": "2026-03-09T12:00:00"}]
    status, answer = service.request(
        "POST", "/api/submit", json.dumps({"count": 1, "visits": visits, "callback_url": url})
    )
    expect_equal(status, 201, f"a submission, {answer}")
    return answer["job_id"]


def callback_of(service, job):
    return service.get(f"/api/jobs/{job}")[1].get("callback")


def within(seconds, condition, otherwise):
    deadline = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < deadline, otherwise)
        time.sleep(0.02)


@attack(
    "callbacks: 160 jobs, each with a receiver of its own that never answers",
    "the callback of another job goes out at once, to a receiver that was never heard of before, too",
)
def many_silent_receivers(world):
    service = world.service(*TO_LOOPBACK)
    known, unknown = Receiver(world), Receiver(world)
    submit(service, known.url + "/first")
    wait_for(lambda: known.told, "a first message")
    port = silent_port(world)
    jobs = [submit(service, f"http://127.0.1.{i}:{port}/") for i in range(160)]
    for job in jobs:
        service.wait_for_end(job)
    submit(service, known.url + "/second")
    submit(service, unknown.url + "/first")
    within(
        SOON,
        lambda: "/second" in known.paths(),
        "a receiver that answers waited behind the silent ones",
    )
    within(SOON, lambda: unknown.told, "a new receiver waited behind the silent ones")


@attack(
    "callbacks: a job with long texts is redriven again and again while its receiver is silent",
    "after eight undelivered webhooks the redrive is refused, and the disk stays within 64 bytes for a byte of the submission",
)
def redriven_beside_a_silent_receiver(world):
    service = world.service(*TO_LOOPBACK, "--gpu-delay", "0")
    visits = [visit("\x01" * 250 + f"{n:06}", ["a"]) for n in range(500)]
    more = {"callback_url": f"http://127.0.0.1:{silent_port(world)}/"}
    body = json.dumps({"count": len(visits), "visits": visits, **more})
    status, answer = service.request("POST", "/api/submit", body)
    expect_equal(status, 201, str(answer))
    job = answer["job_id"]
    statuses = []
    for _ in range(12):
        service.wait_for_end(job)
        statuses.append(service.request("POST", f"/api/jobs/{job}/redrive")[0])
    expect_equal(statuses, [202] * 7 + [503] * 5, "redrives")
    size = sum(
        path.stat().st_size for path in service.database.parent.glob(service.database.name + "*")
    )
    expect(size < 64 * len(body), f"{size} bytes for a submission of {len(body)}")


@attack(
    "callbacks: 400 jobs, each with a name of its own for one server that never answers",
    "it is sent 32 messages at once, and the callback of another job goes out at once",
)
def many_names_of_one_silent_receiver(world):
    expect_equal(
        subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode,
        0,
        "a mount namespace for names of its own, which takes root",
    )
    service = world.service(*TO_LOOPBACK, names=[f"r{i}.test" for i in range(400)])  # 127.0.0.9
    listener = world.enter_context(socket.socket())
    listener.bind(("127.0.0.9", 0))
    listener.listen(512)
    listener.setblocking(False)
    jobs = [submit(service, f"http://r{i}.test:{listener.getsockname()[1]}/") for i in range(400)]
    for job in jobs:
        service.wait_for_end(job)
    honest = Receiver(world)
    submit(service, honest.url + "/first")
    within(SOON, lambda: honest.told, "a new receiver waited behind the silent ones")
    open_now = sum(is_open(connection) for connection in all_waiting(world, listener))
    expect(0 < open_now <= 32, f"{open_now} messages at once to one server")


@attack(
    "callbacks: the API of the service itself as a callback URL, in every spelling",
    "nothing is sent there, also where its addresses were opened for callbacks: no job cancels another",
)
def callbacks_to_ourselves(world):
    for bind in ("127.0.0.1", "0.0.0.0"):
        service = world.service(
            "--callback-secret",
            SECRET,
            "--allow-callback-address",
            "0.0.0.0/0",
            "--allow-callback-address",
            "::/0",
            "--callback-attempts",
            "1",
            "--bind",
            bind,
        )
        image = f"http://127.0.0.1:{silent_port(world)}/never.jpg"  # three attempts of 10 s
        victim = service.submit(
            [{"store_id": "S00339218", "image_url": [image], "visit_time": "2026-03-09T12:00:00"}]
        )
        hosts = ["127.0.0.1", "localhost", "0.0.0.0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"]
        hosts += ["127.0.0.7"] if bind == "0.0.0.0" else []
        for host in hosts:
            job = submit(service, f"http://{host}:{service.port}/api/jobs/{victim}/cancel")
            told = wait_for(
                lambda: (c := callback_of(service, job)) and c["attempts"] and c, "an attempt"
            )  # noqa: B023
            expect_equal(
                told.get("error"),
                "The URL leads to an address that may not be called",
                f"{host}, bound to {bind}",
            )
        expect_equal(
            service.status(victim)["status"], "ongoing", "the job that was to be cancelled"
        )
        expect_equal(
            service.get(f"/api/jobs/{victim}")[1]["cancelled"],
            False,
            "whether the job was cancelled",
        )


@attack(
    "callbacks: an address that was opened for images as a callback URL",
    "nothing is sent there: what a GET may reach, a POST may not",
)
def addresses_of_images(world):
    service = world.service(
        "--callback-secret", SECRET, "--callback-attempts", "1"
    )  # with --allow-address 127.0.0.0/8
    receiver = Receiver(world)
    job = submit(service, receiver.url + "/order")
    told = wait_for(lambda: (c := callback_of(service, job)) and c["attempts"] and c, "an attempt")
    expect_equal(told.get("error"), "The URL leads to an address that may not be called")
    expect_equal(receiver.told, [], "what was sent")


@attack(
    "callbacks: job 1 of another database, told to who knows job 1 of the first",
    "the webhook-id is another one, and for one message the same at every attempt and after a restart",
)
def ids_of_fresh_databases(world):
    first_ids = set()
    for _ in range(2):
        folder = world.enter_context(tempfile.TemporaryDirectory(prefix="retail-pulse-attack-"))
        refusing, taking = Receiver(world, status=500), Receiver(world)
        service = world.service(*TO_LOOPBACK, folder=folder)
        expect_equal(submit(service, refusing.url + "/"), 1, "the number of the first job")
        wait_for(lambda: refusing.told, "an attempt")  # noqa: B023
        if not first_ids:
            service.kill()
            service.start().wait_ready()
            wait_for(lambda: len(refusing.told) > 1, "another attempt")  # noqa: B023
        expect_equal(len({told for _, told in refusing.told}), 1, "ids of one message")
        submit(service, taking.url + "/")
        wait_for(lambda: taking.told, "another message")  # noqa: B023
        first_ids.add(refusing.told[0][1])
        expect(taking.told[0][1] not in first_ids, "two messages under one id")
        service.kill()
    expect_equal(len(first_ids), 2, "ids of the first messages of two databases")


def events(world, service, last):
    """All that the service sends to a subscriber of job 1, which has ended, when the last event
    that the subscriber received is `last`.
    """
    last = last if isinstance(last, str) else last.decode()
    stream = world.connect(service.port)
    stream.sendall(
        f"GET /api/jobs/1/events HTTP/1.1\r\nHost: h\r\nLast-Event-ID: {last}\r\nConnection: close\r\n\r\n".encode()
    )
    return stream.makefile("rb").read()


@attack(
    "callbacks: the ETag and the last event id of job 1 of another database",
    "neither a 304 nor a 204: the client gets the status of this job 1",
)
def tags_of_fresh_databases(world):
    tags, ends = [], []
    for _ in range(2):
        service = world.service()
        service.submit(
            [
                {
                    "store_id": "no such store",
                    "image_url": ["http://127.0.0.1:9/"],
                    "visit_time": "today",
                }
            ]
        )
        service.wait_for_end(1)
        for path in ("/api/status?jobid=1", "/api/jobs/1"):
            for _, etag in [tag for tag in tags if tag[0] == path]:
                expect_equal(
                    service.exchange("GET", path, headers={"If-None-Match": etag})[0],
                    200,
                    f"{path} with a tag of another database",
                )
            tags.append((path, service.exchange("GET", path)[2]["ETag"]))
        for end in ends:
            expect(
                b" 200 " in events(world, service, end),
                "the final event of this job 1 is withheld from a client that received that of another",
            )
        told = events(world, service, "1.0")
        ends += re.findall(rb"\nevent: end\nid: (\S+)\n", told)
        expect(
            b" 204 " in events(world, service, ends[-1]),
            "a client that received the final event receives it again",
        )
        service.kill()
