"""Compares what the client remembers, what the database holds and what the image host was asked
for.
"""

import collections
import contextlib
import json
import pathlib
import re
import shutil
import sqlite3
import tempfile

SELECT_JOBS = """
  SELECT job_id, state, images_total, images_succeeded, images_failed, failures FROM jobs WHERE job_id > ? AND state > 0 ORDER BY job_id"""
SELECT_IMAGES = """
  SELECT job_id, image_no, store_id, url, images.state, code, error, width, height, perimeter, recorded_at
    FROM images JOIN visits USING (job_id, visit_no) WHERE job_id > ? ORDER BY job_id, image_no"""
SELECT_STORE_FAILURES = """
  SELECT job_id, store_id, code, error, failed_images FROM store_failures WHERE job_id > ? ORDER BY job_id, first_image_no"""
TAG = re.compile(r"n=s(\d+)-\d+$")  # every URL names its submission


class Submission:
    def __init__(self, visits):
        self.visits = visits
        self.job = None  # the id, once a 201 or the database has told it
        self.answered = False  # with 201
        self.refused = None  # the sentence of a 503

    @property
    def urls(self):
        return [url for visit in self.visits for url in visit["image_url"]]


class Checker:
    def __init__(self, origin):
        self._origin = origin
        self.submissions = []  # by serial; a list, because clients add to it while others read
        self.lost = self.double = self.unknown = self.fetched_again = 0
        self.pending = 0  # images without a result, at the last look
        self.problems = []  # a sentence for each thing that is wrong, counted above or not
        self._results = {}  # (job, image) -> what was recorded, for jobs that may still change
        self._recorded = set()  # targets whose result is committed
        self._closed = 0  # jobs up to this id have ended, and were found right

    # --- what the client tells -------------------------------------------------------------------

    def sent(self, visits):
        submission = Submission(visits)
        self.submissions.append(submission)
        return submission

    @property
    def jobs(self):
        return [s for s in self.submissions if s.job is not None]

    @property
    def unanswered(self):
        return sum(not s.answered for s in self.jobs)

    # --- what the image host tells ---------------------------------------------------------------

    def check_fetches(self):
        """Of one life of the service: nothing that was recorded before it is fetched, and nothing
        twice. Call it before `check_database`.

        A kill between fetch and commit makes the next life fetch the image again, as it must."""
        targets = [target for _, target in self._origin.requests]
        del self._origin.requests[: len(targets)]
        for target, times in collections.Counter(targets).items():
            again = times - (target not in self._recorded)
            if again:
                self.fetched_again += again
                when = "after its commit" if target in self._recorded else "by one process"
                self.problems.append(f"{target} was fetched {again} times more, {when}")

    # --- what the database tells -----------------------------------------------------------------

    def check_database(self, service, wholly=False):
        """Of a service that is not running: the jobs that may have changed since the last look, or
        all.
        """
        with dead_database(service) as database:
            floor = 0 if wholly else self._closed
            images = collections.defaultdict(list)
            for job, *row in database.execute(SELECT_IMAGES, (floor,)):
                images[job].append(row)
            stores = collections.defaultdict(list)
            for job, *row in database.execute(SELECT_STORE_FAILURES, (floor,)):
                stores[job].append(tuple(row))
            self.pending = 0
            found, ended = set(), {}
            for job, state, *row in database.execute(SELECT_JOBS, (floor,)):
                found.add(job)
                self._match(job, [image[2] for image in images[job]])
                self._check_job(job, state, *row, images[job], stores[job])
                ended[job] = state > 1
                self.pending += row[0] - row[1] - row[2]
            for submission in self.jobs:
                if submission.job > floor and submission.job not in found:
                    self._lose(len(submission.urls), f"job {submission.job} is not in the database")
            last = max(found, default=0)
            while ended.get(
                self._closed + 1, self._closed + 1 < last
            ):  # an id without a job belongs to a submission that failed
                self._closed += 1

    def _match(self, job, urls):
        tags = {TAG.search(url).group(1) for url in urls}
        if len(tags) != 1:
            self._repeat(1, f"job {job} was never submitted like this")
            return
        submission = self.submissions[int(tags.pop())]
        if submission.job is None:
            submission.job = job
        if submission.job != job:
            self._repeat(1, f"one submission became jobs {submission.job} and {job}")
        if submission.refused and not submission.answered:
            self._repeat(1, f"job {job} is stored although it was refused: {submission.refused}")
        if urls != submission.urls:
            missing = collections.Counter(submission.urls) - collections.Counter(urls)
            more = collections.Counter(urls) - collections.Counter(submission.urls)
            self._lose(missing.total(), f"job {job} lacks images")
            self._repeat(more.total(), f"job {job} has images more than once")
            if not missing and not more:
                self.problems.append(f"job {job} has its images in another order")

    def _check_job(self, job, state, total, succeeded, failed, failures, images, stores):
        def demand(right, what):
            if not right:
                self.problems.append(f"job {job}: {what}")

        states = collections.Counter(image[3] for image in images)
        demand(total == len(images), f"{total} images are counted, {len(images)} are there")
        demand(
            (succeeded, failed) == (states[1], states[2]),
            f"counters {succeeded}+{failed}, rows {states[1]}+{states[2]}",
        )
        demand((state > 1) == (states[0] == 0), f"state {state} with {states[0]} pending images")
        demand(state != 2 or failed == 0, "completed with failures")
        demand(state != 3 or failed > 0, "failed without failures")
        of_stores = {}
        for (
            number,
            store,
            url,
            image_state,
            code,
            error,
            width,
            height,
            perimeter,
            recorded_at,
        ) in images:
            known = self._results.get((job, number))
            now = (image_state, code, width, height, recorded_at)
            if known and image_state == 0:
                self._lose(1, f"the result of job {job} image {number} is gone")
            elif known and known != now:
                self._repeat(1, f"job {job} image {number} has another result: {known}, {now}")
            if image_state == 0:
                continue
            self._results[job, number] = now
            self._recorded.add(url.removeprefix(self._origin.url))
            right = (2, "http_status") if "/missing/" in url else (1, None)
            demand((image_state, code) == right, f"image {number} came to {image_state} {code}")
            demand(
                image_state != 1 or perimeter == 2 * (width + height) > 0,
                f"image {number} has perimeter {perimeter}",
            )
            if image_state == 2:
                first = of_stores.setdefault(store, [store, code, error, 0])
                first[3] += 1
        expected = [tuple(row) for row in of_stores.values()]
        demand(stores == expected, f"failures of stores {stores}, rows {expected}")
        if state > 1:
            told = (
                [(f["store_id"], f["failed_images"]) for f in json.loads(failures)["stores"]]
                if failures
                else []
            )
            demand(
                told == [(row[0], row[3]) for row in expected],
                f"the verdict tells {told}, rows {expected}",
            )

    # --- what the service tells ------------------------------------------------------------------

    def check_answers(self, service):
        """Every job through the API: known, final and whole."""
        for submission in self.jobs:
            code, answer = service.get(f"/api/status?jobid={submission.job}")
            missing = sum("/missing/" in url for url in submission.urls)
            expected = {
                "total": len(submission.urls),
                "done": len(submission.urls),
                "failed": missing,
            }
            verdict = "failed" if missing else "completed"
            if code != 200 or (answer["status"], answer["images"]) != (verdict, expected):
                self.unknown += 1
                self.problems.append(
                    f"job {submission.job} should be {verdict} {expected}; status answers {code} {answer}"
                )

    def _lose(self, images, what):
        if (
            images and f"lost: {what}" not in self.problems
        ):  # the last check sees again what an earlier one has counted
            self.lost += images
            self.problems.append(f"lost: {what}")

    def _repeat(self, times, what):
        if times and f"double: {what}" not in self.problems:
            self.double += times
            self.problems.append(f"double: {what}")


@contextlib.contextmanager
def dead_database(service):
    """The database as the next start will find it. The log is a copy and the file, which is large,
    a link: a look costs little.
    """
    with tempfile.TemporaryDirectory(prefix="look-", dir=service.folder) as folder:
        look = pathlib.Path(folder) / "look.db"
        log = service.database.with_name(service.database.name + "-wal")
        if log.exists():
            shutil.copy(log, f"{look}-wal")
        look.hardlink_to(service.database)
        connection = sqlite3.connect(f"file:{look}?mode=ro", uri=True)
        try:
            yield connection
        finally:
            connection.close()
