"""The client subcommands: the real program against the real service, and against a scripted one
that misbehaves.
"""

import http.server
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

from harness import PATIENCE, PROGRAM, Origin, Service, visit

KNOWN, OTHER = "S00339218", "S01408764"
CLIENTS = ("submit", "status", "watch", "results", "cancel", "redrive")


def run(*words, url=None, stdin="", **more):
    """The program with these words, to its end."""
    words = [*words, "--url", url] if url else words
    return subprocess.run(
        [PROGRAM, *map(str, words)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        **more,
    )


def status_answer(state, total, done, failed=0, **more):
    return 200, {
        "status": state,
        "job_id": 7,
        "images": {"total": total, "done": done, "failed": failed},
        **more,
    }


def run_closed(closed, *words, url=None):
    """As `run`, started by a shell with a descriptor closed, such as ">&-"."""
    words = [*words, "--url", url] if url else words
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", PROGRAM, *map(str, words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


CLOSED = ("<&-", ">&-", "2>&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-")


class ScriptedService:
    """A service on loopback that gives the answers of a list, one per request, the last one for
    ever; and remembers what it was asked.

    An answer is (status, JSON), with headers as a third; or bytes, sent as they are before the
    connection is closed.
    """

    def __init__(self, *answers, before=None):
        self.asked = []  # (method, target, headers, body)
        self._answers = list(answers)
        self._lock = threading.Lock()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                with service._lock:
                    service.asked.append((self.command, self.path, dict(self.headers), body))
                    answer = (
                        service._answers.pop(0)
                        if len(service._answers) > 1
                        else service._answers[0]
                    )
                if before:
                    before(len(service.asked))
                try:
                    self.give(answer)
                except ConnectionError:
                    self.close_connection = True  # the client had enough

            def give(self, answer):
                if isinstance(answer, bytes):
                    self.close_connection = True
                    self.wfile.write(answer)
                    return
                status, document, headers = (*answer, {})[:3]
                text = json.dumps(document).encode()
                self.send_response(status)
                for name, value in {
                    "Content-Type": "application/json",
                    "Content-Length": len(text),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def targets(self):
        return [f"{method} {target}" for method, target, _, _ in self.asked]


class SamePortService(Service):
    """One that keeps its port when it is started again."""

    port = 0

    def command(self):
        words = super().command()
        words[words.index("--port") + 1] = str(self.port)
        return words


class AgainstTheService(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        cls.service = Service().start().wait_ready()
        cls.url = f"http://127.0.0.1:{cls.service.port}"

    @classmethod
    def tearDownClass(cls):
        cls.service.close()
        cls.origin.close()

    def csv(self, rows):
        return "store_id,image_url,visit_time\n" + "".join(
            f"{store},{url},{when}\n" for store, url, when in rows
        )

    def test_a_job_from_csv_is_followed_to_its_good_end(self):
        urls = self.origin.photo_urls(5, "csv")
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write(
                self.csv(
                    [
                        (KNOWN, urls[0], "2026-03-09"),
                        (OTHER, urls[1], "2026-03-10"),
                        (KNOWN, urls[2], "2026-03-09"),
                        (KNOWN, urls[3], "2026-03-11"),
                        (OTHER, urls[4], "2026-03-10"),
                    ]
                )
            )
            file.flush()
            done = run("submit", file.name, "--wait", url=self.url)
        self.assertEqual(
            (done.returncode, done.stderr.splitlines()[-1]), (0, "5/5 images"), done.stderr
        )
        first, last = done.stdout.splitlines()
        job = int(re.fullmatch(r"job (\d+) submitted", first)[1])
        self.assertRegex(
            last, rf"^job {job} completed: 5 of 5 images done; submitted \S+Z, finished \S+Z$"
        )
        status, audit = self.service.get(f"/api/jobs/{job}/audit")
        self.assertEqual(
            (status, [(s["store_id"], s["submitted"]) for s in audit["stores"]]),
            (200, [(KNOWN, 3), (OTHER, 2)]),
        )
        with self.service.copied_database() as database:
            visits = database.execute(
                "SELECT store_id, visit_time FROM visits WHERE job_id = ? ORDER BY visit_no", (job,)
            ).fetchall()
        self.assertEqual(
            visits, [(KNOWN, "2026-03-09"), (OTHER, "2026-03-10"), (KNOWN, "2026-03-11")]
        )

    def test_a_job_from_a_spreadsheet_is_accepted_and_its_blanks_are_reported(self):
        urls = self.origin.photo_urls(2, "sheet")
        text = f"sep=;\r\nStore ID;Image URL;Visit Time\r\n\u00a0{KNOWN} ;{urls[0]};2026-03-09\r\n;;\r\n{KNOWN};{urls[1]};2026-03-09\r\n"
        for encoding in ("utf-8-sig", "utf-16"):
            with tempfile.NamedTemporaryFile(
                "w", suffix=".csv", encoding=encoding, newline=""
            ) as file:
                file.write(text)
                file.flush()
                done = run("submit", file.name, "--wait", url=self.url)
            self.assertEqual(
                (done.returncode, done.stderr.splitlines()[0]),
                (
                    0,
                    f"retail-pulse submit: {file.name}: 1 store id has blanks "
                    "around it, which were taken off (in line 3)",
                ),
                done.stderr,
            )

    def test_json_with_a_byte_order_mark_is_taken_and_another_encoding_is_named(self):
        document = json.dumps(
            {"count": 1, "visits": [visit(KNOWN, self.origin.photo_urls(1, "marked"))]}
        )
        for encoding, code, said in (
            ("utf-8-sig", 0, ""),
            ("utf-16", 1, "retail-pulse submit: the body is UTF-16; JSON is sent in UTF-8\n"),
        ):
            with tempfile.NamedTemporaryFile("w", suffix=".json", encoding=encoding) as file:
                file.write(document)
                file.flush()
                done = run("submit", file.name, url=self.url)
            self.assertEqual((done.returncode, done.stderr), (code, said))

    def test_a_job_from_standard_input_that_fails_ends_with_1_and_names_the_stores(self):
        rows = [
            (KNOWN, self.origin.photo_urls(1)[0], "t"),
            (OTHER, f"{self.origin.url}/missing/1.jpg", "t"),
            ("S99999999", "http://h/", "t"),
        ]
        done = run("submit", "-", "--wait", url=self.url, stdin=self.csv(rows))
        self.assertEqual(done.returncode, 1, done.stderr)
        report = done.stdout.splitlines()
        self.assertRegex(report[1], r"^job \d+ failed: 3 of 3 images done, 2 failed")
        self.assertEqual(
            report[2:],
            [
                f"  {OTHER}  1 image: The image host answered with an error status (404)",
                "  S99999999  1 image: Store ID does not exist",
            ],
        )
        job = report[0].split()[1]
        for subcommand in ("status", "watch"):
            told = run(subcommand, job, url=self.url)
            self.assertEqual(
                (told.returncode, told.stdout.splitlines()), (1, report[1:]), subcommand
            )

    def test_json_and_csv_are_distinguished_by_their_content_or_by_a_flag(self):
        document = json.dumps(
            {"count": 1, "visits": [visit(KNOWN, self.origin.photo_urls(1, "json"))]}
        )
        for words in ([], ["--input", "json"]):
            done = run("submit", "-", *words, url=self.url, stdin="\n " + document)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"^job \d+ submitted\n$")
        done = run("submit", "-", "--input", "csv", url=self.url, stdin=document)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("standard input, line 1: ", done.stderr)

    def test_with_json_standard_output_carries_what_the_service_answers(self):
        document = json.dumps(
            {"count": 1, "visits": [visit(KNOWN, self.origin.photo_urls(2, "lines"))]}
        )
        done = run("submit", "-", "--wait", "--json", url=self.url, stdin=document)
        self.assertEqual(done.returncode, 0, done.stderr)
        accepted, end = map(json.loads, done.stdout.splitlines())
        self.assertEqual(end, self.service.status(accepted["job_id"]))
        self.assertEqual(
            json.loads(run("status", accepted["job_id"], "--json", url=self.url).stdout), end
        )
        self.assertEqual(
            json.loads(run("watch", accepted["job_id"], "--json", url=self.url).stdout), end
        )

    def test_errors_are_one_sentence_in_the_words_of_the_service(self):
        document = json.dumps(
            {"count": 1, "visits": [{"image_url": ["http://h/"], "visit_time": "t"}]}
        )
        done = run("submit", "-", url=self.url, stdin=document)
        self.assertEqual(
            (done.returncode, done.stdout, done.stderr),
            (1, "", "retail-pulse submit: visits[0].store_id is missing\n"),
        )
        done = run("status", 987654321, url=self.url)
        self.assertEqual(
            (done.returncode, done.stdout, done.stderr),
            (1, "", "retail-pulse status: job 987654321 does not exist\n"),
        )
        done = run("watch", 987654321, url=self.url)
        self.assertEqual(
            (done.returncode, done.stderr),
            (1, "retail-pulse watch: job 987654321 does not exist\n"),
        )

    def test_the_service_of_the_environment_is_asked(self):
        done = run("status", 987654321, env=os.environ | {"RETAIL_PULSE_URL": self.url})
        self.assertEqual(done.returncode, 1)
        done = run(
            "status",
            987654321,
            env={k: v for k, v in os.environ.items() if k != "RETAIL_PULSE_URL"}
            | {"PORT": str(self.service.port)},
        )
        self.assertEqual(done.returncode, 1)

    def test_a_watch_goes_on_through_a_restart_of_the_service(self):
        self.origin.delay = 0.02
        self.addCleanup(setattr, self.origin, "delay", 0)
        service = SamePortService("--gpu-delay", "0", "--fetch-threads", "8")
        self.addCleanup(service.close)
        service.start().wait_ready()
        job = service.submit([visit(KNOWN, self.origin.photo_urls(2000, "restart"))])
        watch = subprocess.Popen(
            [
                PROGRAM,
                "watch",
                str(job),
                "--url",
                f"http://127.0.0.1:{service.port}",
                "--retry-for",
                "5m",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        first = watch.stderr.readline()
        self.assertRegex(first, r"^\d+/2000 images")
        service.kill()
        line = watch.stderr.readline()
        while "cannot be reached" not in line:  # progress from before the end
            self.assertRegex(line, r"^\d+/2000 images")
            line = watch.stderr.readline()
        service.start()
        told, _ = watch.communicate(timeout=PATIENCE)
        self.assertEqual(
            (watch.returncode, told.splitlines()[0].split(";")[0]),
            (0, f"job {job} completed: 2000 of 2000 images done"),
        )

    def test_an_interrupted_watch_says_that_the_job_goes_on(self):
        self.origin.delay = 0.05
        self.addCleanup(setattr, self.origin, "delay", 0)
        document = json.dumps(
            {"count": 1, "visits": [visit(KNOWN, self.origin.photo_urls(3000, "long"))]}
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            watch = subprocess.Popen(
                [PROGRAM, "submit", "-", "--wait", "--url", self.url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            watch.stdin.write(document)
            watch.stdin.close()
            watch.stdin = None
            job = watch.stdout.readline().split()[1]
            self.assertRegex(watch.stderr.readline(), r"^\d+/3000 images")
            watch.send_signal(number)
            _, said = watch.communicate(timeout=PATIENCE)
            self.assertEqual(watch.returncode, 128 + number)
            self.assertEqual(
                said.splitlines()[-1],
                f"retail-pulse submit: job {job} continues; follow it with: retail-pulse watch {job} --url {self.url}",
            )
            self.assertEqual(self.service.status(int(job))["status"], "ongoing")

    def test_on_a_terminal_a_bar_shows_the_progress(self):
        document = json.dumps(
            {"count": 1, "visits": [visit(KNOWN, self.origin.photo_urls(40, "bar"))]}
        )
        leader, follower = pty.openpty()
        done = subprocess.Popen(
            [PROGRAM, "submit", "-", "--wait", "--url", self.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=follower,
            text=True,
        )
        os.close(follower)
        shown = b""
        reading = threading.Thread(target=lambda: done.communicate(document, timeout=PATIENCE))
        reading.start()
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:  # how Linux tells that the other side is closed
                break
            if not part:
                break
            shown += part
        reading.join()
        os.close(leader)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"\r\x1b[K[", shown)
        self.assertIn(b"#] 40/40 images", shown)


class AgainstAScript(unittest.TestCase):
    document = '{"count": 0, "visits": []}'

    def test_a_full_service_is_tried_again_when_it_says_with_the_same_key(self):
        full = (503, {"error": "the service is full"}, {"Retry-After": 1})
        with ScriptedService(
            full, full, (409, {"error": "in progress"}), (201, {"job_id": 7})
        ) as service:
            done = run("submit", "-", url=service.url, stdin=self.document)
        self.assertEqual((done.returncode, done.stdout), (0, "job 7 submitted\n"))
        self.assertEqual(
            done.stderr, "retail-pulse submit: the service is full; trying again in 1 s\n"
        )
        self.assertEqual(
            [(target, body) for _, target, _, body in service.asked],
            [("/api/submit", self.document)] * 4,
        )
        keys = {headers["Idempotency-Key"] for _, _, headers, _ in service.asked}
        self.assertEqual(len(keys), 1)
        self.assertRegex(
            keys.pop(), r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
        )

    def test_a_connection_that_is_lost_after_sending_is_tried_again_with_the_same_key(self):
        with ScriptedService(
            b"", b"HTTP/1.1 201 Created\r\nContent-Length: 90\r\n\r\n{", (201, {"job_id": 7})
        ) as service:
            done = run(
                "submit", "-", "--idempotency-key", "mine", url=service.url, stdin=self.document
            )
        self.assertEqual((done.returncode, done.stdout), (0, "job 7 submitted\n"), done.stderr)
        self.assertEqual(
            [headers["Idempotency-Key"] for _, _, headers, _ in service.asked], ["mine"] * 3
        )

    def test_every_submission_has_a_key_of_its_own(self):
        with ScriptedService((201, {"job_id": 7})) as service:
            for _ in range(3):
                run("submit", "-", url=service.url, stdin=self.document)
        self.assertEqual(len({headers["Idempotency-Key"] for _, _, headers, _ in service.asked}), 3)

    def test_patience_ends(self):
        with ScriptedService(
            (503, {"error": "the service is full"}, {"Retry-After": 60})
        ) as service:
            done = run("submit", "-", url=service.url, stdin=self.document)
            self.assertEqual(
                (done.returncode, done.stderr, len(service.asked)),
                (3, "retail-pulse submit: the service is full\n", 1),
            )
        with ScriptedService((503, {"error": "the service is full"})) as service:
            done = run("submit", "-", "--retry-for", "500ms", url=service.url, stdin=self.document)
            self.assertEqual(done.returncode, 3)
            self.assertGreater(len(service.asked), 1)
        url = service.url  # nobody is there any more
        for words in (
            ["submit", "-", "--retry-for", "0"],
            ["watch", "7", "--retry-for", "200ms"],
            ["status", "7"],
            ["results", "7"],
            ["cancel", "7", "--retry-for", "0"],
            ["redrive", "7", "--retry-for", "0"],
        ):
            done = run(*words, url=url, stdin=self.document)
            self.assertEqual((done.returncode, done.stdout), (3, ""), words)
            self.assertIn(f"{url} cannot be reached", done.stderr)

    def test_another_payload_under_a_key_is_reported_at_once(self):
        with ScriptedService((422, {"error": "the key was used with another payload"})) as service:
            done = run(
                "submit", "-", "--idempotency-key", "mine", url=service.url, stdin=self.document
            )
        self.assertEqual(
            (done.returncode, done.stderr),
            (1, "retail-pulse submit: the key was used with another payload\n"),
        )
        self.assertEqual(len(service.asked), 1)

    def test_a_job_is_followed_by_long_poll(self):
        with ScriptedService(
            status_answer("ongoing", 3, 1),
            (503, {"error": "starting"}, {"Retry-After": 0}),
            status_answer("ongoing", 3, 2),
            status_answer("completed", 3, 3),
        ) as service:
            done = run("watch", 7, url=service.url)
        self.assertEqual(
            (done.returncode, done.stdout), (0, "job 7 completed: 3 of 3 images done\n")
        )
        self.assertEqual(service.targets(), ["GET /api/status?jobid=7&wait=1"] * 4)
        self.assertEqual(done.stderr.splitlines()[0], "1/3 images")
        self.assertIn("retail-pulse watch: starting; trying again", done.stderr)
        self.assertEqual(done.stderr.splitlines()[-1], "3/3 images")

    def test_a_response_that_is_not_of_the_api_is_an_error(self):
        for answer in ((200, {"status": "fine"}), (404, "<html>"), (200, {"images": {"total": 1}})):
            with ScriptedService(answer) as service:
                for subcommand in CLIENTS[1:]:
                    done = run(
                        subcommand,
                        7,
                        *(["--format", "table"] if subcommand == "results" else []),
                        url=service.url,
                    )
                    self.assertEqual((done.returncode, done.stdout), (1, ""), subcommand)
                    self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_orders_are_given_once_and_may_be_waited_for(self):
        for subcommand, said, code in (
            ("cancel", "is being cancelled", 0),
            ("redrive", "is running again", 1),
        ):
            with ScriptedService(
                (202, {"job_id": 7, "run": 2}), status_answer("failed", 1, 1, 1)
            ) as service:
                done = run(subcommand, 7, "--wait", url=service.url)
            self.assertEqual(
                (done.returncode, done.stdout),
                (code, f"job 7 {said}\njob 7 failed: 1 of 1 image done, 1 failed\n"),
            )
            self.assertEqual(
                service.targets(),
                [f"POST /api/jobs/7/{subcommand}", "GET /api/status?jobid=7&wait=1"],
            )
            with ScriptedService((202, {"job_id": 7, "run": 2})) as service:
                self.assertEqual(
                    run(subcommand, 7, "--json", url=service.url).stdout, '{"job_id":7,"run":2}\n'
                )
            with ScriptedService((409, {"detail": "job 7 cannot", "code": "conflict"})) as service:
                done = run(subcommand, 7, url=service.url)
            self.assertEqual(
                (done.returncode, done.stderr, len(service.asked)),
                (1, f"retail-pulse {subcommand}: job 7 cannot\n", 1),
            )
            with ScriptedService(
                b""
            ) as service:  # it may have been taken: once more could be once too often
                done = run(subcommand, 7, url=service.url)
            self.assertEqual((done.returncode, len(service.asked)), (3, 1))
            with ScriptedService(
                (503, {"detail": "full"}, {"Retry-After": 0}), (202, {})
            ) as service:
                self.assertEqual(
                    (run(subcommand, 7, url=service.url).returncode, len(service.asked)), (0, 2)
                )

    def image(self, number, **more):
        return {
            "url": f"http://h/{number}.jpg",
            "store_id": KNOWN,
            "visit_time": "t",
            "state": "succeeded",
            "width": 640,
            "height": 480,
            "perimeter": 2240,
            "format": "jpeg",
            **more,
        }

    def test_a_table_goes_through_every_page(self):
        failed = self.image(
            2,
            state="failed",
            code="http_status",
            error="The image host answered with an error status (404)",
        )
        with ScriptedService(
            (200, {"images": [self.image(1), failed], "next": "p/2"}),
            (200, {"images": [self.image(3, state="pending")], "next": None}),
        ) as service:
            done = run("results", 7, url=service.url)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(
            service.targets(),
            ["GET /api/jobs/7/images?limit=500", "GET /api/jobs/7/images?limit=500&cursor=p%2F2"],
        )
        self.assertEqual(
            done.stdout.splitlines(),
            [
                "STORE      IMAGE           FORMAT        SIZE       PERIMETER",
                "S00339218  http://h/1.jpg  jpeg       640 x 480          2240",
                "S00339218  http://h/2.jpg  The image host answered with an error status (404)",
                "S00339218  http://h/3.jpg  pending",
                "",
                "1 succeeded, 1 failed, 1 pending",
            ],
        )

    @staticmethod
    def stream(*chunks, whole=True, kind=b"text/csv"):
        body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
        return (
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "
            + kind
            + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
            + body
            + (b"0\r\n\r\n" if whole else b"")
        )

    def test_results_are_streamed_to_standard_output_or_to_a_file(self):
        for words, name in (
            (["--format", "csv"], "results.csv"),
            (["--format", "CSV"], "results.csv"),
            (["--format", "csv", "--bom"], "results.csv?bom=1"),
            (["--format", "ndjson"], "results.ndjson"),
            (["--json"], "results.ndjson"),
        ):
            kind = b"application/x-ndjson" if name.endswith("ndjson") else b"text/csv"
            with ScriptedService(
                self.stream(b"a,b\n", b"1,2\n", kind=kind)
            ) as service, tempfile.TemporaryDirectory() as folder:
                done = run("results", 7, *words, url=service.url)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "a,b\n1,2\n", ""))
                file = pathlib.Path(folder, "out")
                done = run("results", 7, *words, "--output", file, url=service.url)
                self.assertEqual(
                    (done.returncode, done.stdout, done.stderr, file.read_text()),
                    (0, "", "", "a,b\n1,2\n"),
                )
                self.assertEqual(os.listdir(folder), ["out"])
                self.assertEqual(service.targets(), [f"GET /api/jobs/7/{name}"] * 2)

    def test_results_go_to_what_is_no_file_and_leave_a_replaced_file_its_mode(self):
        words = ["results", 7, "--format", "csv", "--output"]
        with ScriptedService(
            self.stream(b"a,b\n", b"1,2\n")
        ) as service, tempfile.TemporaryDirectory() as folder:
            for name, said in (
                ("-", "a,b\n1,2\n"),
                ("/dev/stdout", "a,b\n1,2\n"),
                ("/dev/null", ""),
            ):
                done = run(*words, name, url=service.url)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, said, ""), name)
            kept, link = pathlib.Path(folder, "kept.csv"), pathlib.Path(folder, "link.csv")
            kept.write_text("old")
            kept.chmod(0o640)
            link.symlink_to("kept.csv")
            done = run(*words, link, url=service.url)
            self.assertEqual(
                (done.returncode, done.stderr, kept.read_text()), (0, "", "a,b\n1,2\n")
            )
            self.assertEqual((link.is_symlink(), kept.stat().st_mode & 0o7777), (True, 0o640))

    def test_a_file_is_written_whatever_standard_descriptors_are_closed(self):
        for closed in CLOSED:
            with ScriptedService(
                self.stream(b"a,b\n", b"1,2\n")
            ) as service, tempfile.TemporaryDirectory() as folder:
                done = run_closed(
                    closed,
                    "results",
                    7,
                    "--format",
                    "csv",
                    "--output",
                    f"{folder}/out.csv",
                    url=service.url,
                )
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), closed)
                self.assertEqual(os.listdir(folder), ["out.csv"], closed)
                self.assertEqual(pathlib.Path(folder, "out.csv").read_text(), "a,b\n1,2\n")

    def test_what_would_go_to_a_closed_standard_output_goes_nowhere_else_and_is_an_error(self):
        for words, answer in (
            (["status", 7], status_answer("completed", 1, 1)),
            (["watch", 7], status_answer("completed", 1, 1)),
            (["submit", __file__, "--input", "json"], (201, {"job_id": 7})),
            (["cancel", 7], (202, {})),
            (["redrive", 7], (202, {})),
            (["results", 7, "--format", "csv"], self.stream(b"a,b\n" * 9999)),
        ):
            with ScriptedService(answer) as service:
                done = run_closed(">&-", *words, url=service.url)
            self.assertEqual(done.returncode, 1, words)
            self.assertEqual(
                done.stderr.splitlines()[-1],
                f"retail-pulse {words[0]}: standard output cannot be written: Bad file descriptor",
            )
            self.assertEqual(len(service.asked), 1, words)

    def test_a_closed_standard_input_is_no_job(self):
        done = run_closed("<&-", "submit", "-", url="http://127.0.0.1:9")
        self.assertEqual(
            (done.returncode, done.stderr),
            (2, "retail-pulse submit: standard input cannot be read: Bad file descriptor\n"),
        )

    @unittest.skipIf(
        "TSAN_OPTIONS" in os.environ, "the sanitizer's own runtime ends at the limit of a file"
    )
    def test_a_file_that_may_not_be_that_large_is_an_error_and_leaves_none(self):
        with ScriptedService(
            self.stream(b"a,b\n")
        ) as service, tempfile.TemporaryDirectory() as folder:
            file = f"{folder}/out.csv"
            done = subprocess.run(
                [
                    "sh",
                    "-c",
                    'ulimit -f 0; exec "$@"',
                    "sh",
                    PROGRAM,
                    "results",
                    "7",
                    "--format",
                    "csv",
                    "--output",
                    file,
                    "--url",
                    service.url,
                ],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
            self.assertEqual(
                (done.returncode, done.stderr),
                (1, f"retail-pulse results: {file} cannot be written: File too large\n"),
            )
            self.assertEqual(os.listdir(folder), [])

    def test_a_broken_transfer_is_an_error_and_leaves_no_file(self):
        for broken in (
            self.stream(b"a,b\n", whole=False),
            self.stream(b"a,b\n")[:-7],
            b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 9\r\n\r\na,b\n",
        ):
            with ScriptedService(broken) as service, tempfile.TemporaryDirectory() as folder:
                done = run(
                    "results",
                    7,
                    "--format",
                    "csv",
                    "--output",
                    f"{folder}/out.csv",
                    url=service.url,
                )
                self.assertEqual(
                    (done.returncode, done.stderr),
                    (1, f"retail-pulse results: the response of {service.url} ended early\n"),
                )
                self.assertEqual(os.listdir(folder), [])
                self.assertEqual(
                    run("results", 7, "--format", "csv", url=service.url).returncode, 1
                )

    def test_an_interrupted_transfer_leaves_no_file(self):
        begun = threading.Event()
        over = threading.Event()
        self.addCleanup(over.set)

        def hold(_):
            begun.set()
            over.wait(PATIENCE)

        with ScriptedService(
            (200, {}), before=hold
        ) as service, tempfile.TemporaryDirectory() as folder:
            transfer = subprocess.Popen(
                [
                    PROGRAM,
                    "results",
                    "7",
                    "--format",
                    "csv",
                    "--output",
                    f"{folder}/out.csv",
                    "--url",
                    service.url,
                ],
                stderr=subprocess.PIPE,
                text=True,
            )
            self.assertTrue(begun.wait(PATIENCE))
            self.assertEqual(len(os.listdir(folder)), 1)
            transfer.send_signal(signal.SIGINT)
            _, said = transfer.communicate(timeout=PATIENCE)
            over.set()
            self.assertEqual(
                (transfer.returncode, said),
                (130, f"retail-pulse results: {folder}/out.csv was not written\n"),
            )
            self.assertEqual(os.listdir(folder), [])

    def test_signals_that_were_ignored_at_the_start_stay_ignored(self):
        ignored = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
        held, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def hold(count):
            if count == 2:  # the second look: signals are taken since the first
                held.set()
                go_on.wait(PATIENCE)

        with ScriptedService(
            status_answer("ongoing", 2, 1), status_answer("completed", 2, 2), before=hold
        ) as service:
            # As nohup and the background of a shell without job control have it.
            words = [
                "sh",
                "-c",
                "trap '' INT QUIT; exec nohup \"$@\"",
                "sh",
                PROGRAM,
                "watch",
                "7",
                "--url",
                service.url,
            ]
            watch = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            self.assertTrue(held.wait(PATIENCE))
            for number in ignored:
                watch.send_signal(number)
            go_on.set()
            told, _ = watch.communicate(timeout=PATIENCE)
        self.assertEqual((watch.returncode, told), (0, "job 7 completed: 2 of 2 images done\n"))

    def test_a_reader_that_went_away_is_no_crash(self):
        with ScriptedService(self.stream(*[b"x" * 65536] * 200)) as service:
            results = subprocess.Popen(
                [PROGRAM, "results", "7", "--format", "csv", "--url", service.url],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            self.assertEqual(results.stdout.read(10), b"x" * 10)
            results.stdout.close()
            self.assertEqual((results.wait(PATIENCE), results.stderr.read()), (0, b""))
            results.stderr.close()
        with ScriptedService((201, {"job_id": 7}), status_answer("failed", 1, 1, 1)) as service:
            closed, writable = os.pipe()
            os.close(closed)
            done = subprocess.run(
                [PROGRAM, "submit", "-", "--wait", "--url", service.url],
                input=self.document,
                text=True,
                stdout=writable,
                stderr=subprocess.PIPE,
                timeout=PATIENCE,
            )
            os.close(writable)
            self.assertEqual(done.returncode, 1)  # of the job

    def test_output_that_cannot_be_written_is_an_error(self):
        with ScriptedService(status_answer("completed", 1, 1)) as service, open(
            "/dev/full", "w"
        ) as full:
            done = subprocess.run(
                [PROGRAM, "status", "7", "--url", service.url],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=PATIENCE,
            )
        self.assertEqual(
            (done.returncode, done.stderr),
            (
                1,
                "retail-pulse status: standard output cannot be written: No space left on device\n",
            ),
        )


class Usage(unittest.TestCase):
    def test_wrong_usage_ends_with_2_and_one_sentence(self):
        for words in (
            ["submit"],
            ["submit", "no/such/file"],
            ["submit", "-", "--input", "xml"],
            ["submit", "-", "--retry-for", "10"],
            ["submit", "-", "--retry-for", "25h"],
            ["submit", "-", "--idempotency-key", ""],
            ["submit", "-", "--idempotency-key", "\u00e9"],
            ["submit", "-", "--idempotency-key", "k" * 256],
            ["submit", "-", "--url", "localhost"],
            ["status"],
            ["status", "0"],
            ["status", "seven"],
            ["status", "9007199254740992"],
            ["status", "7", "8"],
            ["status", "7", "--wait"],
            ["results", "7", "--format", "xml"],
            ["results", "7", "--json", "--format", "csv"],
            ["results", "7", "--bom"],
            ["results", "7", "--bom", "--json"],
            ["results", "7", "--bom", "--format", "ndjson"],
            ["results", "7", "--bom", "--format", "table"],
            ["results", "7", "--output", "/"],
            ["completion"],
            ["completion", "tcsh"],
        ):
            done = run(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertRegex(done.stderr, rf"^retail-pulse {words[0]}: [^\n]+\n$")
        self.assertEqual(
            run("status", "seven").stderr, "retail-pulse status: JOB: 'seven' is not a job number\n"
        )

    def test_an_invalid_url_is_reported_with_the_variable_it_comes_from(self):
        others = {
            k: v
            for k, v in os.environ.items()
            if k not in ("RETAIL_PULSE_URL", "RETAIL_PULSE_PORT", "PORT")
        }
        for variable, value, url in (
            ("RETAIL_PULSE_URL", "localhost", "localhost"),
            ("PORT", "http", "http://127.0.0.1:http"),
        ):
            sentence = f"'{url}' is not the URL of a service, such as http://127.0.0.1:8080\n"
            for words in (["status", "7"], ["health"]):
                done = run(*words, env=others | {variable: value})
                self.assertEqual(
                    (done.returncode, done.stderr),
                    (2, f"retail-pulse {words[0]}: {variable}: {sentence}"),
                )
        done = run("status", "7", url="localhost", env=others | {"RETAIL_PULSE_URL": "elsewhere"})
        self.assertNotIn("RETAIL_PULSE_URL", done.stderr)

    def test_a_bad_csv_names_line_and_column(self):
        done = run("submit", "-", stdin="store_id,image_url,visit_time\nS1,http://h/,t\nS1,,t\n")
        self.assertEqual(
            (done.returncode, done.stderr),
            (2, "retail-pulse submit: standard input, line 3: column image_url: is empty\n"),
        )
        done = run("submit", "-", stdin="")
        self.assertEqual(
            (done.returncode, done.stderr), (2, "retail-pulse submit: standard input is empty\n")
        )
        done = run("submit", "-", "--input", "csv", stdin='{"count":1,"visits":[]}')
        self.assertEqual(
            (done.returncode, done.stderr),
            (
                2,
                "retail-pulse submit: standard input, line 1: column 2: text after a closing quote\n",
            ),
        )

    def test_completion_knows_every_subcommand_and_every_flag_of_its_help(self):
        subcommands = re.findall(r"^  ([a-z]+) ", run("--help").stdout, re.M)
        self.assertTrue(set(CLIENTS) < set(subcommands))
        for shell in ("bash", "zsh", "fish"):
            script = run("completion", shell).stdout
            for subcommand in subcommands:
                self.assertIn(subcommand, script)
                flags = re.findall(
                    r"^ +(?:-h,)?(--[a-z-]+)", run(subcommand, "--help").stdout, re.M
                )
                self.assertIn("--help", flags)
                for flag in flags:
                    self.assertRegex(
                        script, rf"{flag}\b|-l {flag[2:]}\b", f"{shell}: {subcommand} {flag}"
                    )

    def complete(self, *words):
        """What bash offers for the last word."""
        script = f'source <("{PROGRAM}" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _retail_pulse; echo "${{COMPREPLY[@]}}"'
        return subprocess.run(
            ["bash", "-c", script, "bash", *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.split()

    @unittest.skipUnless(shutil.which("bash"), "takes bash")
    def test_bash_completes_subcommands_flags_and_values(self):
        self.assertEqual(self.complete("retail-pulse", "su"), ["submit"])
        self.assertEqual(self.complete("retail-pulse", "submit", "--wa"), ["--wait"])
        self.assertEqual(
            self.complete("retail-pulse", "submit", "-", "--input", ""), ["json", "csv"]
        )
        self.assertEqual(
            self.complete("retail-pulse", "results", "7", "--output", ""), []
        )  # bash's own: files
        self.assertEqual(self.complete("retail-pulse", "completion", "f"), ["fish"])
        self.assertEqual(self.complete("retail-pulse", "serve", "--fetch-d"), ["--fetch-deadline"])
        self.assertEqual(self.complete("retail-pulse", "serve", "--fetch", ""), ["full", "header"])
        self.assertEqual(self.complete("retail-pulse", "serve", "--log-level", "w"), ["warning"])
        self.assertEqual(
            self.complete("retail-pulse", "serve", "--log-format", ""), ["text", "json"]
        )
        self.assertEqual(
            self.complete("retail-pulse", "results", "7", "--format", "="),
            ["table", "csv", "ndjson"],
        )  # bash's way to take --format=
        self.assertEqual(
            self.complete("retail-pulse", "results", "7", "--format", "=", "c"), ["csv"]
        )
        self.assertEqual(self.complete("retail-pulse", "results", "7", "--b"), ["--bom"])
        self.assertEqual(self.complete("retail-pulse", "submit", ""), [])  # bash's own: files
        self.assertIn("--json", self.complete("retail-pulse", "status", ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
