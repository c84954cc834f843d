"""The client subcommands that take results, cancel and redrive, and the key of a submission: the
real program against the real service.
"""

import csv
import io
import json
import os
import pathlib
import tempfile
import unittest

from client_test import run
from harness import Origin, Service, visit, wait_for

KNOWN, OTHER = "S00339218", "S01408764"


class Layer2(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        cls.service = Service().start().wait_ready()
        cls.url = f"http://127.0.0.1:{cls.service.port}"

    @classmethod
    def tearDownClass(cls):
        cls.service.close()
        cls.origin.close()

    def ended_job(self, tag):
        """Two good images and a missing one."""
        job = self.service.submit(
            [
                visit(KNOWN, self.origin.photo_urls(2, tag)),
                visit(OTHER, [f"{self.origin.url}/missing/{tag}.jpg"]),
            ]
        )
        self.service.wait_for_end(job)
        return job

    def test_the_table_shows_sizes_and_sentences(self):
        done = run("results", self.ended_job("table"), url=self.url)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["STORE", "IMAGE", "FORMAT", "SIZE", "PERIMETER"])
        for line in lines[1:3]:
            self.assertRegex(line, rf"^{KNOWN}  {self.origin.url}/\S+ +[a-z]+ +\d+ x \d+ +\d+$")
        self.assertRegex(
            lines[3],
            rf"^{OTHER}  \S+/missing/table\.jpg +The image host answered with an error status \(404\)$",
        )
        self.assertEqual(lines[-1], "2 succeeded, 1 failed, 0 pending")

    def test_a_table_of_more_than_one_page_is_whole(self):
        job = self.service.submit([visit(KNOWN, self.origin.photo_urls(1203, "pages"))])
        self.service.wait_for_end(job)
        lines = run("results", job, url=self.url).stdout.splitlines()
        self.assertEqual(
            [line.split()[1] for line in lines[1:1204]], self.origin.photo_urls(1203, "pages")
        )

    def test_csv_and_json_lines_hold_every_image_once(self):
        job = self.ended_job("whole")
        urls = [*self.origin.photo_urls(2, "whole"), f"{self.origin.url}/missing/whole.jpg"]
        done = run("results", job, "--format", "csv", url=self.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([row["url"] for row in csv.DictReader(io.StringIO(done.stdout))], urls)
        marked = run("results", job, "--format", "csv", "--bom", url=self.url)
        self.assertEqual((marked.returncode, marked.stdout), (0, "\ufeff" + done.stdout))
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "results.ndjson")
            self.assertEqual(
                run("results", job, "--json", "--output", file, url=self.url).returncode, 0
            )
            self.assertEqual(os.listdir(folder), ["results.ndjson"])
            self.assertEqual(
                [json.loads(line)["url"] for line in file.read_text().splitlines()], urls
            )

    def test_results_of_no_job_leave_no_file(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run(
                "results",
                987654321,
                "--format",
                "csv",
                "--output",
                f"{folder}/out.csv",
                url=self.url,
            )
            self.assertEqual(
                (done.returncode, done.stderr),
                (1, "retail-pulse results: job 987654321 does not exist\n"),
            )
            self.assertEqual(os.listdir(folder), [])

    def test_a_cancelled_job_ends(self):
        self.origin.delay = 0.2
        self.addCleanup(setattr, self.origin, "delay", 0)
        job = self.service.submit([visit(KNOWN, self.origin.photo_urls(5000, "cancel"))])
        done = run("cancel", job, "--wait", url=self.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(
            done.stdout,
            rf"^job {job} is being cancelled\njob {job} failed: 5000 of 5000 images done, ",
        )
        self.assertEqual(self.service.status(job)["error"][0]["code"], "cancelled")

    def test_a_redriven_job_tries_its_failed_images_again(self):
        job = self.ended_job("redrive")
        done = run("redrive", job, "--wait", url=self.url)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(
            done.stdout,
            rf"^job {job} is running again\njob {job} failed: 3 of 3 images done, 1 failed",
        )
        tried = [target for _, target in self.origin.requests if "/missing/redrive.jpg" in target]
        self.assertEqual(len(tried), 2)

    def test_an_ongoing_job_is_not_redriven(self):
        self.origin.delay = 0.2
        self.addCleanup(setattr, self.origin, "delay", 0)
        job = self.service.submit([visit(KNOWN, self.origin.photo_urls(2000, "ongoing"))])
        done = run("redrive", job, url=self.url)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertTrue(done.stderr)

    def test_a_submission_is_taken_once_under_its_key(self):
        document = json.dumps(
            {"count": 1, "visits": [visit(KNOWN, self.origin.photo_urls(1, "key"))]}
        )
        first, second = (
            run("submit", "-", "--idempotency-key", "mine of today", url=self.url, stdin=document)
            for _ in range(2)
        )
        self.assertEqual(
            (first.returncode, second.returncode), (0, 0), first.stderr + second.stderr
        )
        job = first.stdout.removesuffix(" submitted\n")
        self.assertEqual(second.stdout, f"{job} was submitted before with this key\n")
        other = run(
            "submit",
            "-",
            "--idempotency-key",
            "mine of today",
            url=self.url,
            stdin=document.replace("key0", "key1"),
        )
        self.assertEqual((other.returncode, other.stdout), (1, ""))

    def test_a_watch_ends_with_the_job(self):
        job = self.service.submit([visit(KNOWN, self.origin.photo_urls(100, "watch"))])
        done = run("watch", job, url=self.url)
        self.assertEqual(
            (done.returncode, done.stdout.split(";")[0]),
            (0, f"job {job} completed: 100 of 100 images done"),
        )
        wait_for(
            lambda: self.service.get("/readyz")[1]["jobs_ongoing"] == 0, "the service to be idle"
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)
