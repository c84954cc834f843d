"""The real program over real sockets: jobs, failures, kill -9, SIGTERM, a second process."""

import contextlib
import csv
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.request

from events import Broken, Events, key
from harness import (
    PATIENCE,
    PHOTOS,
    PROGRAM,
    SOURCE,
    Origin,
    Service,
    SilentHost,
    repeated,
    visit,
    wait_for,
)

KNOWN, OTHER = "S00339218", "S01408764"


class Jobs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        cls.service = Service().start().wait_ready()

    @classmethod
    def tearDownClass(cls):
        cls.service.close()
        cls.origin.close()

    def test_the_example_of_the_contract_goes_from_accepted_over_ongoing_to_completed(self):
        urls = [
            f"{self.origin.url}/shelf-1.jpg".replace("shelf-1.jpg", name) for name in self.names()
        ]
        job = self.service.submit([visit(KNOWN, urls[:2]), visit(OTHER, urls[1:2], "2025-03-11")])
        first = self.service.status(job)
        self.assertEqual(
            first["status"], "ongoing"
        )  # the stand-in for the GPU takes 100 ms at least
        end = self.service.wait_for_end(job)
        self.assertEqual(end["status"], "completed")
        self.assertEqual(end["images"], {"total": 3, "done": 3, "failed": 0})
        self.assertNotIn("error", end)

    def names(self):
        return sorted(p.name for p in (SOURCE / "data/sample-images").iterdir())

    def test_an_unknown_store_and_a_dead_link_fail_and_the_good_images_keep_their_results(self):
        good = self.origin.photo_urls(3, "good")
        job = self.service.submit(
            [
                visit(KNOWN, good),
                visit("S99999999", good[:1]),
                visit(OTHER, [f"{self.origin.url}/missing/1.jpg"]),
            ]
        )
        end = self.service.wait_for_end(job)
        self.assertEqual(end["status"], "failed")
        self.assertEqual(end["images"], {"total": 5, "done": 5, "failed": 2})
        self.assertEqual(
            [(e["store_id"], e["code"], e["failed_images"]) for e in end["error"]],
            [("S99999999", "store_not_found", 1), (OTHER, "http_status", 1)],
        )
        self.assertEqual(end["error"][0]["error"], "Store ID does not exist")
        with self.service.copied_database() as database:
            rows = database.execute(
                "SELECT width, height, perimeter FROM images WHERE job_id = ? AND state = 1", (job,)
            ).fetchall()
        self.assertEqual(len(rows), 3)
        for width, height, perimeter in rows:
            self.assertEqual(perimeter, 2 * (width + height))

    def test_every_image_of_a_larger_job_is_fetched_once(self):
        urls = self.origin.photo_urls(1500, "larger")
        end = self.service.wait_for_end(
            self.service.submit([visit(KNOWN, urls[:700]), visit(OTHER, urls[700:])])
        )
        self.assertEqual(end["images"], {"total": 1500, "done": 1500, "failed": 0})
        fetched = [target for _, target in self.origin.requests if "n=larger" in target]
        self.assertEqual(len(fetched), 1500)
        self.assertEqual(repeated(fetched), {})

    def test_an_audit_accounts_for_every_image_while_the_job_is_ongoing_and_at_the_end(self):
        long_url = f"{self.origin.url}/" + "x" * 9000
        visits = [
            visit(KNOWN, self.origin.photo_urls(700, "audited")),
            visit("S9\t\\", [f"{self.origin.url}/K\u00f6ln.jpg"], "spring\r\nor later"),
            visit(OTHER, [f"{self.origin.url}/missing/1.jpg", long_url]),
            visit(KNOWN, self.origin.photo_urls(1, "again")),
        ]
        job = self.service.submit(visits)
        submitted = self.digest(visits)
        first = self.audit(job)
        self.assertEqual(
            (first["state"], first["submitted"], first["submitted_digest"]),
            ("ongoing", 704, submitted),
        )
        self.assertNotEqual(first["recorded_digest"], submitted)
        while (later := self.audit(job))["state"] == "ongoing":
            self.assertEqual((later["submitted"], later["submitted_digest"]), (704, submitted))
        self.assertEqual(
            (later["state"], later["succeeded"], later["failed"], later["pending"]),
            ("failed", 701, 3, 0),
        )
        self.assertEqual(later["recorded_digest"], submitted)
        self.assertEqual(later["counters"], {"total": 704, "succeeded": 701, "failed": 3})
        self.assertEqual(
            [(s["store_id"], s["submitted"], s["succeeded"], s["failed"]) for s in later["stores"]],
            [(KNOWN, 701, 701, 0), ("S9\t\\", 1, 0, 1), (OTHER, 2, 0, 2)],
        )
        status, problem = self.service.get(f"/api/jobs/{job + 1000}/audit")
        self.assertEqual((status, problem["status"], problem["code"]), (404, 404, "job_not_found"))

    def audit(self, job):
        status, audit = self.service.get(f"/api/jobs/{job}/audit")
        self.assertEqual(status, 200, audit)
        self.assertTrue(audit["conserved"], audit)
        for counts in (audit, *audit["stores"]):
            self.assertEqual(
                counts["submitted"], counts["succeeded"] + counts["failed"] + counts["pending"]
            )
        return audit

    @staticmethod
    def digest(visits):
        """Of the form that docs/guide/auditing.md describes."""

        def written(text):
            return (
                text.replace("\\", r"\\")
                .replace("\t", r"\t")
                .replace("\n", r"\n")
                .replace("\r", r"\r")
            )

        images = [
            (v["store_id"], v["visit_time"], url[:8193]) for v in visits for url in v["image_url"]
        ]
        lines = [
            "\t".join((str(number), *map(written, image))) + "\n"
            for number, image in enumerate(images)
        ]
        return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()

    def test_a_private_address_is_blocked_unless_it_is_allowed(self):
        with Service(
            "--allow-address", "127.0.0.2/32"
        ) as other:  # beside 127.0.0.0/8 of the harness: 10/8 stays closed
            end = other.wait_for_end(
                other.submit([visit(KNOWN, ["http://10.0.0.1/a.jpg", "http://[::1]/a.jpg"])])
            )
            self.assertEqual(end["error"][0]["code"], "blocked_address")
            self.assertEqual(end["images"]["failed"], 2)

    def test_an_image_tells_why_its_url_is_invalid_and_what_is_known_of_its_fetch(self):
        full_width = f"http://\uff11\uff12\uff17\u3002\uff11:{self.origin.port}/{self.names()[0]}"
        job = self.service.submit(
            [visit(KNOWN, ["http://127.0.0.1:25/a.jpg", full_width, "http://10.0.0.1/c.jpg"])]
        )
        reason = "The image URL is not a valid http or https URL: port 25 is blocked"
        self.assertEqual(
            self.service.wait_for_end(job)["error"],
            [{"store_id": KNOWN, "error": reason, "code": "invalid_url", "failed_images": 2}],
        )
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.service.port}/api/jobs/{job}/results.csv"
        ) as report:
            rows = list(csv.DictReader(io.StringIO(report.read().decode())))
        self.assertEqual(
            [(row["error"], row["address"], row["http_status"]) for row in rows],
            [
                (reason, "", ""),
                ("", "127.0.0.1", "200"),
                ("The image URL leads to an address that may not be fetched", "", ""),
            ],
        )
        images = self.service.get(f"/api/jobs/{job}/images")[1]["images"]
        self.assertEqual(
            [(image.get("error", ""), image.get("address", "")) for image in images],
            [(row["error"], row["address"]) for row in rows],
        )

    def test_twenty_names_on_a_silent_address_do_not_hold_up_a_healthy_job(self):
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
            self.skipTest("names of its own take a mount namespace, which takes root")
        names = [f"silent{i}.example" for i in range(20)]
        with SilentHost() as host, Service(names=names) as service:
            stuck = [
                service.submit(
                    [visit(KNOWN, [f"http://{name}:{host.port}/{i}.jpg" for i in range(100)])]
                )
                for name in names
            ]
            wait_for(
                lambda: service.get("/readyz")[1]["fetches"] > 0, "fetches from the silent host"
            )
            healthy = service.wait_for_end(
                service.submit([visit(OTHER, self.origin.photo_urls(200, "healthy"))])
            )
            self.assertEqual(healthy["status"], "completed")
            self.assertLessEqual(
                service.get("/readyz")[1]["fetches"], 32
            )  # all names together have the connections of one address
            for job in stuck:
                status = service.status(job)
                self.assertEqual((status["status"], status["images"]["done"]), ("ongoing", 0))


class Control(unittest.TestCase):
    def test_a_redrive_fetches_only_the_failed_images(self):
        origin = Origin()
        self.addCleanup(origin.close)
        with Service() as service:
            good = origin.photo_urls(200, "good")
            late = [f"{origin.url}/late.jpg?n={i}" for i in range(20)]
            job = service.submit([visit(KNOWN, good[:100] + late), visit(OTHER, good[100:])])
            self.assertEqual(
                service.wait_for_end(job)["images"], {"total": 220, "done": 220, "failed": 20}
            )
            seen = len(origin.requests)
            origin.add_photo("late.jpg")
            status, answer = service.request("POST", f"/api/jobs/{job}/redrive")
            self.assertEqual(
                (status, answer),
                (
                    202,
                    {
                        "job_id": job,
                        "run": 2,
                        "images": {"total": 220, "succeeded": 200, "failed": 0, "pending": 20},
                    },
                ),
            )
            end = service.wait_for_end(job)
            self.assertEqual(
                (end["status"], end["images"]),
                ("completed", {"total": 220, "done": 220, "failed": 0}),
            )
            self.assertCountEqual(
                [f"{origin.url}{target}" for _, target in origin.requests[seen:]], late
            )
            status, audit = service.get(f"/api/jobs/{job}/audit")
            self.assertEqual((audit["run"], audit["conserved"], audit["succeeded"]), (2, True, 220))
            self.assertEqual(audit["recorded_digest"], audit["submitted_digest"])
            status, problem = service.request("POST", f"/api/jobs/{job}/redrive")
            self.assertEqual((status, problem["code"]), (409, "nothing_failed"))

    def test_a_cancel_holds_over_kill_9(self):
        origin = Origin(delay=1.5)
        self.addCleanup(origin.close)
        with Service("--fetch-threads", "4") as service:
            job = service.submit([visit(KNOWN, origin.photo_urls(300, "cancelled"))])
            wait_for(lambda: len(origin.requests) >= 4, "images in flight")
            status, answer = service.request("POST", f"/api/jobs/{job}/cancel")
            self.assertEqual(
                (status, answer), (202, {"job_id": job, "status": "ongoing", "cancelled": True})
            )
            service.kill()
            seen = len(origin.requests)
            self.assertLessEqual(seen, 8)
            service.start().wait_ready()
            end = service.wait_for_end(job)
            self.assertEqual(
                (end["status"], end["images"]["done"], end["error"][0]["code"]),
                ("failed", 300, "cancelled"),
            )
            self.assertEqual(len(origin.requests), seen)
            status, problem = service.request("POST", f"/api/jobs/{job}/cancel")
            self.assertEqual((status, problem["code"]), (409, "job_ended"))

    def test_a_cancelled_job_ends_with_the_results_of_what_was_in_flight(self):
        origin = Origin(delay=0.5)
        self.addCleanup(origin.close)
        with Service("--fetch-threads", "4") as service:
            job = service.submit([visit(KNOWN, origin.photo_urls(300, "cut"))])
            wait_for(lambda: len(origin.requests) >= 4, "images in flight")
            self.assertEqual(service.request("POST", f"/api/jobs/{job}/cancel")[0], 202)
            end = service.wait_for_end(job)
            self.assertEqual(end["images"]["total"] - end["images"]["failed"], len(origin.requests))
            wait_for(
                lambda: service.get("/readyz")[1]["images_held"] == 0, "every window to be free"
            )

    def test_a_key_starts_one_job_also_over_kill_9(self):
        origin = Origin()
        self.addCleanup(origin.close)
        body = json.dumps({"count": 1, "visits": [visit(KNOWN, origin.photo_urls(5, "once"))]})
        with Service() as service:

            def submit(text):
                status, answer, headers = service.exchange(
                    "POST", "/api/submit", text, {"Idempotency-Key": "a key"}
                )
                return status, answer, headers.get("Idempotency-Replayed")

            self.assertEqual(submit(body), (201, {"job_id": 1}, None))
            self.assertEqual(submit(body), (201, {"job_id": 1}, "true"))
            service.kill()
            service.start().wait_ready()
            self.assertEqual(submit(body), (201, {"job_id": 1}, "true"))
            self.assertEqual(submit(body + " ")[0], 422)
            self.assertEqual(
                service.wait_for_end(1)["images"], {"total": 5, "done": 5, "failed": 0}
            )
            self.assertEqual(service.get("/api/status?jobid=2")[0], 400)


class Fetching(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.close)

    def sizes(self, service):
        with service.copied_database() as database:
            return dict(
                database.execute(
                    "SELECT substr(url, 1, instr(url, '?') - 1), width || 'x' || height FROM images"
                )
            )

    def test_header_mode_measures_what_full_mode_measures(self):
        urls = self.origin.photo_urls(len(list(PHOTOS.iterdir())))
        found = {}
        for mode in ("full", "header"):
            with Service("--fetch", mode) as service:
                end = service.wait_for_end(service.submit([visit(KNOWN, urls)]))
                self.assertEqual(end["status"], "completed", end)
                found[mode] = self.sizes(service)
        self.assertEqual(len(found["full"]), len(urls))
        self.assertEqual(found["header"], found["full"])

    def test_a_result_serves_later_images_of_its_url_for_as_long_as_told(self):
        url = self.origin.photo_urls(1, "reused")[0]
        with Service("--reuse-for", "1h") as service:
            jobs = [service.submit([visit(KNOWN, [url] * 100)]) for _ in range(3)]
            for job in jobs:
                self.assertEqual(
                    service.wait_for_end(job)["images"], {"total": 100, "done": 100, "failed": 0}
                )
        self.assertEqual(len(self.origin.requests), 1)

    def test_image_hosts_get_the_user_agent_that_the_operator_sets(self):
        for flags, told in (
            ((), "retail-pulse"),
            (
                ("--user-agent", "Shelves/2.1 (+https://example.com/bot)"),
                "Shelves/2.1 (+https://example.com/bot)",
            ),
        ):
            self.origin.user_agents.clear()
            with Service(*flags) as service:
                service.wait_for_end(
                    service.submit([visit(KNOWN, self.origin.photo_urls(5, "agent"))])
                )
            self.assertEqual(self.origin.user_agents, {told})

    def test_a_client_reads_which_bound_an_image_exceeds(self):
        with Service("--max-image-bytes", "1KiB") as service:
            end = service.wait_for_end(
                service.submit([visit(KNOWN, self.origin.photo_urls(1, "large"))])
            )
        self.assertEqual(
            [(e["code"], e["error"]) for e in end["error"]],
            [("too_large", "The image file is too large: more than 1 KiB")],
        )

    def test_kept_pictures_are_named_by_their_content_and_each_result_names_its_own(self):
        photos = {
            hashlib.sha256(p.read_bytes()).hexdigest(): p.read_bytes() for p in PHOTOS.iterdir()
        }
        with tempfile.TemporaryDirectory() as folder, Service("--keep-images", folder) as service:
            urls = self.origin.photo_urls(2 * len(photos))
            self.assertEqual(
                service.wait_for_end(service.submit([visit(KNOWN, urls)]))["status"], "completed"
            )
            kept = {p.stem: p.read_bytes() for p in pathlib.Path(folder).glob("*/*")}
            with service.copied_database() as database:
                named = {row[0] for row in database.execute("SELECT kept FROM images")}
        self.assertEqual(kept, photos)
        self.assertEqual(named, set(photos))


class Durability(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.service = Service("--gpu-delay", "0")
        self.addCleanup(self.origin.close)
        self.addCleanup(self.service.close)

    def test_after_kill_9_the_job_goes_on_by_itself_and_no_recorded_image_is_fetched_again(self):
        self.origin.delay = 0.02
        self.service.start().wait_ready()
        job = self.service.submit([visit(KNOWN, self.origin.photo_urls(3000))])
        wait_for(lambda: self.service.status(job)["images"]["done"] > 300, "some results")
        self.service.kill()
        recorded = {url.removeprefix(self.origin.url) for url in self.service.recorded_urls()}
        self.assertGreater(len(recorded), 300)
        before = len(self.origin.requests)
        self.service.start()
        end = self.service.wait_for_end(job)
        self.assertEqual(end["status"], "completed")
        self.assertEqual(end["images"], {"total": 3000, "done": 3000, "failed": 0})
        _, audit = self.service.get(f"/api/jobs/{job}/audit")
        self.assertEqual((audit["conserved"], audit["succeeded"]), (True, 3000))
        self.assertEqual(audit["recorded_digest"], audit["submitted_digest"])
        again = recorded & {target for _, target in self.origin.requests[before:]}
        self.assertEqual(again, set())
        self.assertEqual(
            self.service.submit([visit(KNOWN, self.origin.photo_urls(1, "next"))]), job + 1
        )

    def test_sigterm_records_what_is_in_flight_and_ends_with_0(self):
        self.service.flags = ("--gpu-delay", "100ms..400ms")
        self.service.start().wait_ready()
        job = self.service.submit([visit(KNOWN, self.origin.photo_urls(5000))])
        wait_for(lambda: self.service.status(job)["images"]["done"] > 100, "some results")
        code, _ = self.service.terminate()
        self.assertEqual(code, 0, self.service.log())
        fetched = {target for _, target in self.origin.requests}
        recorded = {url.removeprefix(self.origin.url) for url in self.service.recorded_urls()}
        self.assertEqual(fetched - recorded, set())  # every image that was fetched has its result
        before = len(self.origin.requests)
        self.service.flags = ("--gpu-delay", "0")
        self.service.start()
        self.assertEqual(
            self.service.wait_for_end(job)["images"], {"total": 5000, "done": 5000, "failed": 0}
        )
        self.assertEqual(recorded & {target for _, target in self.origin.requests[before:]}, set())

    def test_sigterm_ends_with_0_although_a_host_is_silent_and_retries_are_pending(self):
        self.service.flags = ("--drain-timeout", "1s")
        self.service.start().wait_ready()
        with SilentHost() as host:
            self.service.submit(
                [visit(KNOWN, [f"http://127.0.0.9:{host.port}/{i}.jpg" for i in range(50)])]
            )
            self.service.submit([visit(KNOWN, [f"http://127.0.0.1:1/{i}.jpg" for i in range(50)])])
            wait_for(lambda: self.service.get("/readyz")[1]["fetches"] > 0, "fetches")
            code, seconds = self.service.terminate()
        self.assertEqual(code, 0, self.service.log())
        print(f"ended after {seconds:.1f} s", end=" ")

    def test_a_second_process_on_the_same_database_is_refused_with_its_holder(self):
        self.service.start().wait_ready()
        second = subprocess.run(self.service.command(), capture_output=True, text=True, timeout=60)
        self.assertEqual(second.returncode, 2)
        self.assertIn(str(self.service.process.pid), second.stderr)
        self.assertEqual(self.service.get("/healthz")[0], 200)

    def test_log_lines_carry_no_query(self):
        self.service.flags = ("--gpu-delay", "0", "--log-level", "debug", "--fetch-attempts", "1")
        self.service.start().wait_ready()
        job = self.service.submit(
            [visit(KNOWN, [f"{self.origin.url}/missing/1.jpg?signature=secret"])]
        )
        self.service.wait_for_end(job)
        self.service.terminate()
        self.assertIn("http_status", self.service.log())
        self.assertNotIn("secret", self.service.log())


class Following(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.close)

    def test_a_job_is_followed_to_its_end(self):
        with Service() as service:
            job = service.submit([visit(KNOWN, self.origin.photo_urls(400, "followed"))])
            with Events(service.port, job) as stream:
                events = list(stream)
            self.assertEqual({event for event, _, _ in events[:-1]}, {"progress"})
            ids = [key(number) for _, number, _ in events if number]
            self.assertEqual(ids, sorted(set(ids)))
            self.assertRegex(events[-1][1], r"^1\.400\.[0-9]+$")
            self.assertEqual(events[-1], ("end", events[-1][1], service.status(job)))
            with Events(service.port, job, events[-1][1]) as again:
                self.assertEqual(again.status, 204)
            with Events(service.port, job, events[0][1]) as resumed:
                self.assertEqual(list(resumed)[-1], events[-1])

    def test_after_kill_9_events_resume_where_they_were_and_the_end_is_seen(self):
        service = Service("--drain-timeout", "0s").start().wait_ready()
        self.addCleanup(service.close)
        job = service.submit([visit(KNOWN, self.origin.photo_urls(6000, "killed"))])
        ids, last_id, end = [], None, None
        for kills in range(4):
            with contextlib.suppress(Broken), Events(service.port, job, last_id) as stream:
                seen = 0
                for event, number, data in stream:
                    if number:
                        ids.append(key(number))
                        last_id = number
                        seen += 1
                    if event == "end":
                        end = data
                    elif seen == 2 and kills < 3:
                        service.kill()
                self.assertIsNotNone(end, "a stream that is whole has an end")
            if end:
                break
            service.start().wait_ready()
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual(ids[-1][:2], (1, 6000))
        self.assertEqual(end, service.status(job))
        self.assertEqual(end["images"], {"total": 6000, "done": 6000, "failed": 0})

    def test_sigterm_breaks_events_off_and_is_not_held_up_by_them(self):
        service = (
            Service("--gpu-delay", "60s..60s", "--drain-timeout", "100ms").start().wait_ready()
        )
        self.addCleanup(service.close)
        job = service.submit([visit(KNOWN, self.origin.photo_urls(3, "slow"))])
        streams = [Events(service.port, job) for _ in range(20)]
        self.assertEqual(service.terminate()[0], 0)
        for stream in streams:
            with stream, self.assertRaises(Broken):
                self.assertNotIn("end", [event for event, _, _ in stream])

    def test_a_status_that_waits_is_answered_at_the_end(self):
        with Service() as service:
            job = service.submit([visit(KNOWN, self.origin.photo_urls(50, "waited"))])
            status, end = service.get(f"/api/status?jobid={job}&wait=60")
            self.assertEqual((status, end["status"]), (200, "completed"))
            self.assertEqual(service.get(f"/api/status?jobid={job}&wait=61")[0], 400)

    def test_a_wait_that_is_over_is_answered_with_how_the_job_stands(self):
        with Service("--gpu-delay", "60s..60s", "--drain-timeout", "0s") as service:
            job = service.submit([visit(KNOWN, self.origin.photo_urls(1, "long"))])
            status, answer = service.get(f"/api/status?jobid={job}&wait=1")
            self.assertEqual((status, answer["status"]), (200, "ongoing"))


class Windows(unittest.TestCase):
    def test_images_in_flight_stay_within_their_bound(self):
        origin = Origin()
        self.addCleanup(origin.close)
        with Service("--images-in-flight", "300") as service:
            job = service.submit([visit(KNOWN, origin.photo_urls(3000))])
            self.assertEqual(service.wait_for_end(job)["status"], "completed")
            _, gauges = service.get("/readyz")
            self.assertLessEqual(gauges["images_in_flight_peak"], 300)
            self.assertGreater(gauges["images_in_flight_peak"], 0)
            wait_for(lambda: service.get("/readyz")[1]["images_held"] == 0, "no image to be held")


class ServiceWithClosed(Service):
    """Started by a shell with standard descriptors closed, such as ">&-"; it logs to stderr. Says
    nothing, so its port is picked before.
    """

    def __init__(self, closed):
        super().__init__()
        self.prefix = ["sh", "-c", f'exec "$@" {closed}', "sh"]

    def command(self):
        words = super().command()
        words[words.index("--port") + 1] = str(self.port)
        at = words.index("--log-file")
        return words[:at] + words[at + 2 :]

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        wait_for(self.listens, "the service to listen")
        return self

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the service ended with {self.process.returncode}")
        with socket.socket() as trying:
            return trying.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        super().close()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


class ClosedDescriptors(unittest.TestCase):
    def test_a_service_that_was_started_without_them_writes_its_words_nowhere_else(self):
        origin = Origin()
        self.addCleanup(origin.close)
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed), ServiceWithClosed(closed) as service:
                is_closed = {0: "<" in closed, 1: ">&-" in closed.split(), 2: "2>" in closed}
                for number, yes in is_closed.items():
                    leads_to = os.readlink(f"/proc/{service.process.pid}/fd/{number}")
                    self.assertEqual(leads_to == "/dev/null", yes, f"{number}: {leads_to}")
                job = service.submit([visit(KNOWN, origin.photo_urls(20, closed.replace(" ", "")))])
                self.assertEqual(service.wait_for_end(job)["status"], "completed")
                service.process.send_signal(signal.SIGTERM)
                self.assertEqual(service.process.wait(timeout=PATIENCE), 0)
                with service.copied_database() as database:
                    self.assertEqual(
                        database.execute("PRAGMA integrity_check").fetchall(), [("ok",)]
                    )
                    self.assertEqual(
                        database.execute("SELECT count(*) FROM images WHERE state = 1").fetchone(),
                        (20,),
                    )
                for file in service.folder.iterdir():
                    self.assertNotRegex(file.read_bytes(), rb"listening on|drained", file)


class CommandLine(unittest.TestCase):
    def run_program(self, *arguments):
        return subprocess.run(
            [PROGRAM, *arguments], capture_output=True, text=True, timeout=60, cwd=SOURCE
        )

    def test_all_configuration_problems_are_reported_at_once(self):
        done = self.run_program(
            "serve",
            "--port",
            "70000",
            "--gpu-delay",
            "soon",
            "--fetch",
            "header",
            "--keep-images",
            "copies",
            "--no-such-flag",
        )
        self.assertEqual(done.returncode, 2)
        for word in ("--port", "--gpu-delay", "--keep-images and --fetch", "--no-such-flag"):
            self.assertIn(word, done.stderr)

    def test_a_simulation_ends_with_one_line_that_is_the_same_every_time(self):
        runs = [self.run_program("simulate", "--seeds", "30") for _ in range(2)]
        for done in runs:
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(
                done.stdout.splitlines()[-1], r"^seeds 30 violations 0 hash [0-9a-f]{16}$"
            )
        self.assertEqual(runs[0].stdout, runs[1].stdout)
        story = self.run_program("simulate", "--seed", "9", "--trace", "--steps", "200").stdout
        self.assertIn("supervisor   <- submit", story)
        self.assertRegex(story.splitlines()[-1], r"^seed 9 steps 200 .* hash [0-9a-f]{16}$")

    def test_the_simulator_is_another_program_that_may_not_be_installed(self):
        with tempfile.TemporaryDirectory() as folder:
            alone = shutil.copy(PROGRAM, folder)
            done = subprocess.run(
                [alone, "simulate", "--seed", "1"], capture_output=True, text=True, timeout=60
            )
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("retail-pulse-simulate is not installed", done.stderr)

    def test_completion_knows_the_words_of_the_simulator(self):
        script = self.run_program("completion", "bash").stdout
        offered = re.search(
            r"^    simulate\)\n(?:.*\n)*?      words='([^']*)' ;;$", script, re.MULTILINE
        ).group(1)
        described = re.findall(r"--[a-z-]+", self.run_program("simulate", "--help").stdout)
        self.assertEqual(sorted(offered.split()), sorted(set(described)))

    def test_invalid_arguments_of_a_simulation_are_refused(self):
        for words in (
            [],
            ["--seed", "one"],
            ["--seeds", "0"],
            ["--seed", "1", "--seeds", "2"],
            ["--seeds", "2", "--steps", "3"],
            ["--seed", "1", "--faults", "bad-luck"],
        ):
            done = self.run_program("simulate", *words)
            self.assertEqual((done.returncode, done.stderr != ""), (2, True), words)
        self.assertIn(
            "full-disk", self.run_program("simulate", "--seed", "1", "--faults", "bad-luck").stderr
        )

    def test_help_and_version(self):
        self.assertIn("--images-in-flight", self.run_program("serve", "--help").stdout)
        self.assertRegex(self.run_program("--version").stdout, r"\d+\.\d+\.\d+")

    def test_health_tells_ready_from_unreachable(self):
        with Service() as service:
            url = f"http://127.0.0.1:{service.port}"
            self.assertEqual(self.run_program("health", "--url", url).returncode, 0)
        self.assertEqual(self.run_program("health", "--url", url).returncode, 3)

    def test_unusable_files_are_reported_together_and_before_a_database_is_made(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_program(
                "serve",
                "--port",
                "0",
                "--storage",
                f"sqlite:{folder}/a.db",
                "--store-master",
                "no/such/file.csv",
                "--ca-file",
                "no/such/ca.pem",
            )
            self.assertEqual(done.returncode, 2)
            self.assertIn("no/such/file.csv", done.stderr)
            self.assertIn("no/such/ca.pem", done.stderr)
            self.assertEqual(os.listdir(folder), [])

    def test_a_file_that_is_no_database_of_ours_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "notes.txt"
            path.write_text("not a database, and longer than the header of one. " * 40)
            before = path.read_bytes()
            done = self.run_program("serve", "--port", "0", "--storage", f"sqlite:{path}")
            self.assertIn(done.returncode, (1, 2))
            self.assertIn("notes.txt", done.stderr)
            self.assertEqual(path.read_bytes(), before)

    def test_variables_of_a_kubernetes_service_of_our_name_are_not_ours(self):
        links = {
            "RETAIL_PULSE_PORT": "tcp://10.0.0.1:8080",
            "RETAIL_PULSE_SERVICE_HOST": "10.0.0.1",
            "RETAIL_PULSE_PORT_8080_TCP_ADDR": "10.0.0.1",
        }
        done = subprocess.run(
            [PROGRAM, "serve", "--port", "nonsense"],
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ | links,
        )
        self.assertEqual(done.returncode, 2)
        self.assertIn("nonsense", done.stderr)
        self.assertNotIn("RETAIL_PULSE_", done.stderr)


class Demo(unittest.TestCase):
    def test_under_nohup_the_demo_outlives_its_terminal(self):
        words = ["nohup", PROGRAM, "demo", "--port", "0", "--origin-port", "0"]
        with subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=SOURCE,
        ) as demo:
            line = demo.stdout.readline()
            while "service listening" not in line:
                self.assertIsNone(demo.poll())
                line = demo.stdout.readline()
            url = line.split()[-1]
            while "Ctrl-C" not in demo.stdout.readline():
                self.assertIsNone(demo.poll())
            demo.send_signal(signal.SIGHUP)
            for _ in range(50):
                urllib.request.urlopen(f"{url}/healthz").close()
            pending = re.search(
                r"^ShdPnd:\s*(\w+)$", pathlib.Path(f"/proc/{demo.pid}/status").read_text(), re.M
            )[1]
            self.assertTrue(int(pending, 16) & 1 << (signal.SIGHUP - 1), "nobody took it")
            demo.send_signal(signal.SIGTERM)
            demo.stdout.read()
            self.assertEqual(demo.wait(timeout=PATIENCE), 0)

    def test_the_demo_measures_every_photo_and_explains_what_failed(self):
        done = subprocess.run(
            [PROGRAM, "demo", "--once", "--port", "0", "--origin-port", "0"],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=SOURCE,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        report = done.stdout
        self.assertIn("Store ID does not exist", report)
        self.assertIn("404", report)
        job = json.loads((SOURCE / "data/sample-job.json").read_text())
        for one in job["visits"]:
            self.assertIn(one["store_id"], report)
        measured = re.findall(r"(\d+)\s*[x×]\s*(\d+)\D+?(\d+)", report)
        right = [m for m in measured if int(m[2]) == 2 * (int(m[0]) + int(m[1]))]
        images = sum(len(one["image_url"]) for one in job["visits"])
        self.assertGreaterEqual(len(right), images - 3, report)


if __name__ == "__main__":
    unittest.main(verbosity=2)
