"""Callbacks: receivers that stall, places that a POST must not reach."""

import base64
import http.server
import json
import os
import re
import socket
import tempfile
import threading

from harness import wait_for
from table import attack, expect, expect_equal

SECRET = "whsec_" + base64.b64encode(os.urandom(32)).decode()
WITH_CALLBACKS = ("--callback-secret", SECRET)


class Receiver:
    """Takes every message with `status`, and remembers when it came, by its path, and under which id."""

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
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        world.callback(server.server_close)
        world.callback(thread.join)
        world.callback(server.shutdown)
        self.url = f"http://{address}:{server.server_port}"

    def paths(self):
        return [path for path, _ in self.told]


def submit(service, url, images=("http://127.0.0.1:9/",), store="no such store"):
    """A job that ends at once, and is told of at `url`."""
    visits = [{"store_id": store, "image_url": list(images), "visit_time": "2026-03-09T12:00:00"}]
    status, answer = service.request("POST", "/api/submit", json.dumps({"count": 1, "visits": visits, "callback_url": url}))
    expect_equal(status, 201, f"a submission, {answer}")
    return answer["job_id"]


@attack("callbacks: job 1 of another database, told to who knows job 1 of the first",
        "the webhook-id is another one, and for one message the same at every attempt and after a restart")
def ids_of_fresh_databases(world):
    first_ids = set()
    for _ in range(2):
        folder = world.enter_context(tempfile.TemporaryDirectory(prefix="retail-pulse-attack-"))
        refusing, taking = Receiver(world, status=500), Receiver(world)
        service = world.service(*WITH_CALLBACKS, folder=folder)
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
    """All that the service says to who follows job 1, which has ended, and has had the event `last`."""
    last = last if isinstance(last, str) else last.decode()
    stream = world.connect(service.port)
    stream.sendall(f"GET /api/jobs/1/events HTTP/1.1\r\nHost: h\r\nLast-Event-ID: {last}\r\nConnection: close\r\n\r\n".encode())
    return stream.makefile("rb").read()


@attack("callbacks: the ETag and the last event id of job 1 of another database",
        "neither a 304 nor a 204: the client is told how this job 1 stands")
def tags_of_fresh_databases(world):
    tags, ends = [], []
    for _ in range(2):
        service = world.service()
        service.submit([{"store_id": "no such store", "image_url": ["http://127.0.0.1:9/"], "visit_time": "today"}])
        service.wait_for_end(1)
        for path in ("/api/status?jobid=1", "/api/jobs/1"):
            for _, etag in [tag for tag in tags if tag[0] == path]:
                expect_equal(service.exchange("GET", path, headers={"If-None-Match": etag})[0], 200, f"{path} with a tag of another database")
            tags.append((path, service.exchange("GET", path)[2]["ETag"]))
        for end in ends:
            expect(b" 200 " in events(world, service, end), "the end of this job 1 is kept from who has seen that of another")
        told = events(world, service, "1.0")
        ends += re.findall(rb"\nevent: end\nid: (\S+)\n", told)
        expect(b" 204 " in events(world, service, ends[-1]), "who has seen the end is told it again")
        service.kill()
