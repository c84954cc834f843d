"""Callbacks of the real program: signatures, retries, kill -9 and SIGTERM between the verdict and
its delivery.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import shutil
import tempfile
import threading
import time
import unittest

from harness import Origin, Service, visit, wait_for

KNOWN = "S00339218"


class Receiver:
    """A host that receives webhooks. Its port is bound from the beginning, so that no other
    program gets it; it answers once it is up.
    """

    def __init__(self, up=True):
        self.requests = []  # (headers in lower case, body), in order of arrival
        self.status = 204
        self.silent = False  # takes a request and never answers
        self._ended = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                silent = receiver.silent
                receiver.requests.append(
                    ({name.lower(): value for name, value in self.headers.items()}, body)
                )
                if silent:
                    receiver._ended.wait()
                    self.close_connection = True
                    return
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler, bind_and_activate=False
        )
        self._server.daemon_threads = True
        self._server.server_bind()
        self._thread = None
        if up:
            self.come_up()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}/ended?of=test"

    def come_up(self):
        self._server.server_activate()
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def close(self):
        self._ended.set()
        if self._thread:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class Callbacks(unittest.TestCase):
    def setUp(self):
        self.key = os.urandom(32)
        self.secret = "whsec_" + base64.b64encode(self.key).decode()
        self.origin = Origin()
        self.addCleanup(self.origin.close)

    def receiver(self, **how):
        receiver = Receiver(**how)
        self.addCleanup(receiver.close)
        return receiver

    def service(self, *flags, **how):
        return Service(
            "--callback-secret",
            self.secret,
            "--allow-callback-address",
            "127.0.0.0/8",
            *flags,
            **how,
        )

    @staticmethod
    def post(service, visits, url):
        return service.request(
            "POST",
            "/api/submit",
            json.dumps({"count": len(visits), "visits": visits, "callback_url": url}),
        )

    def submit(self, service, url, *, missing=0):
        urls = self.origin.photo_urls(2) + [
            f"{self.origin.url}/missing/{i}.jpg" for i in range(missing)
        ]
        status, answer = self.post(service, [visit(KNOWN, urls)], url)
        self.assertEqual(status, 201, answer)
        return answer["job_id"]

    @staticmethod
    def row(service, job):
        """State, attempts and last error of the job's callback; nothing before its run has
        ended.
        """
        with service.copied_database() as database:
            return database.execute(
                "SELECT state, attempts, last_error FROM callbacks WHERE job_id = ? AND run = 1",
                (job,),
            ).fetchone()

    def wait_for_state(self, service, job, state):
        return wait_for(
            lambda: (row := self.row(service, job)) and row[0] == state and row,
            f"callback of job {job} in state {state}",
        )

    def verified(self, request):
        """The message of a request whose signature is right."""
        headers, body = request
        self.assertEqual(headers["content-type"], "application/json")
        sent = int(headers["webhook-timestamp"])
        self.assertLess(abs(time.time() - sent), 300)
        text = b".".join(
            (headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body)
        )
        right = "v1," + base64.b64encode(hmac.new(self.key, text, hashlib.sha256).digest()).decode()
        self.assertTrue(hmac.compare_digest(headers["webhook-signature"], right), headers)
        return json.loads(body)

    def test_the_end_of_a_job_is_delivered_once_with_its_status_and_a_signature(self):
        receiver = self.receiver()
        folder = tempfile.mkdtemp(prefix="retail-pulse-callback-")
        self.addCleanup(shutil.rmtree, folder)
        with self.service(folder=folder) as service:
            for missing, outcome in ((0, "completed"), (1, "failed")):
                before = len(receiver.requests)
                job = self.submit(service, receiver.url, missing=missing)
                status = service.wait_for_end(job)
                self.assertEqual(status["status"], outcome)
                self.wait_for_state(service, job, 1)
                told = receiver.requests[before:]
                self.assertEqual(len(told), 1)
                message = self.verified(told[0])
                self.assertEqual(
                    message,
                    {"type": f"job.{outcome}", "timestamp": status["finished_at"], "data": status},
                )
                self.assertRegex(
                    told[0][0]["webhook-id"], rf"^job-{job}-run-1-[0-9]+-[0-9a-f]{{16}}$"
                )
                self.assertEqual(told[0][0]["user-agent"], "retail-pulse")
            self.assertNotIn(self.secret, service.log())
            self.assertNotIn("of=test", service.log())
        with self.service(
            "--user-agent", "Shelves/2.1", folder=folder
        ) as again:  # nothing is left to be told
            self.wait_for_state(again, self.submit(again, receiver.url), 1)
            self.assertEqual(len(receiver.requests), 3)
            self.assertEqual(receiver.requests[-1][0]["user-agent"], "Shelves/2.1")

    def test_a_receiver_that_is_down_gets_the_webhook_when_it_is_up_again(self):
        receiver = self.receiver(up=False)
        with self.service() as service:
            job = self.submit(service, receiver.url)
            row = wait_for(
                lambda: (row := self.row(service, job)) and row[1] == 1 and row, "an attempt"
            )
            self.assertEqual(row, (0, 1, "The receiver refused or dropped the connection"))
            receiver.come_up()
            self.assertEqual(self.wait_for_state(service, job, 1), (1, 2, None))
        self.assertEqual(len(receiver.requests), 1)
        self.assertEqual(self.verified(receiver.requests[0])["data"]["job_id"], job)

    def interrupted(self, end):
        """A service whose receiver has not answered when it is ended so; then another one, and an
        answer.
        """
        receiver = self.receiver()
        receiver.silent = True
        with tempfile.TemporaryDirectory(prefix="retail-pulse-callback-") as folder:
            with self.service(folder=folder) as service:
                job = self.submit(service, receiver.url)
                status = service.wait_for_end(job)
                wait_for(lambda: receiver.requests, "a delivery")
                end(service)
                self.assertEqual(self.row(service, job), (0, 0, None))
            receiver.silent = False
            with self.service(folder=folder) as service:
                self.assertEqual(self.wait_for_state(service, job, 1), (1, 1, None))
        self.assertEqual(len(receiver.requests), 2)
        for request in receiver.requests:
            self.assertEqual(self.verified(request)["data"], status)
            self.assertEqual(request[0]["webhook-id"], receiver.requests[0][0]["webhook-id"])

    def test_kill_9_between_the_verdict_and_its_delivery_loses_no_callback(self):
        self.interrupted(lambda service: service.kill())

    def test_sigterm_does_not_wait_for_a_receiver_and_loses_no_callback(self):
        self.interrupted(lambda service: self.assertEqual(service.terminate()[0], 0))

    def test_a_receiver_that_wants_no_more_or_may_not_be_called_is_given_up(self):
        receiver = self.receiver()
        receiver.status = 410
        with self.service("--callback-attempts", "1") as service:
            job = self.submit(service, receiver.url)
            self.assertEqual(
                self.wait_for_state(service, job, 2),
                (2, 1, "The receiver answered with status 410"),
            )
            blocked = self.submit(service, "http://10.0.0.1/hook")
            self.assertEqual(
                self.wait_for_state(service, blocked, 2),
                (2, 1, "The URL leads to an address that may not be called"),
            )
        self.assertEqual(len(receiver.requests), 1)

    def test_a_callback_that_cannot_be_promised_is_refused_with_the_job(self):
        visits = [visit(KNOWN, self.origin.photo_urls(1))]
        with Service() as service:
            self.assertEqual(
                self.post(service, visits, "http://127.0.0.1:8080/"),
                (400, {"error": "callback_url needs a service with --callback-secret"}),
            )
        with self.service() as service:
            for url in (
                "ftp://h.example/",
                "/hook",
                "http://u:p@h.example/",
                "http://h.example:25/",
            ):
                status, answer = self.post(service, visits, url)
                self.assertEqual(status, 400, answer)
                self.assertTrue(
                    answer["error"].startswith("callback_url is not a valid http or https URL: "),
                    answer,
                )
        refused = Service("--callback-secret", self.secret[:-1])
        self.addCleanup(refused.close)
        code, said = refused.refuses_to_start()
        self.assertEqual(code, 2)
        self.assertIn("--callback-secret: is not whsec_", said)
        self.assertNotIn(self.secret[6:-4], said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
