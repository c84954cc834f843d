"""kill -9 at random moments under load, again and again on one database; then client, database and
image host are compared.

A run is one kill and one restart; every tenth waits until all jobs have ended. crash_modes.py has
what is done besides the kill. Prints a line per run and a summary. Exit code 1 when something was
lost, done twice, forgotten, fetched again after its commit, or wrong in any other way.
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import crash_modes
from crash_checker import Checker
from harness import Origin, Service, visit, wait_for

STORES = ["S00339218", "S01408764"]
CLIENTS = 3
DRAIN_EVERY = 10
IN_NAMESPACE = "CRASH_LOOP_IN_NAMESPACE"


class Stage:
    """The service, its clients and its image host; what modes act upon."""

    def __init__(self, chance, folder, grounds):
        self.chance = chance
        self.grounds = grounds
        self.origin = Origin()
        self.checker = Checker(self.origin)
        self.service = Service("--gpu-delay", "0", "--fetch-attempts", "1", folder=grounds.disk)
        self.service.log_file = folder / "service.log"
        self.resumed = []  # seconds from a kill to the first image that went on
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._clients = []
        self._failures = []
        self._large_due = False
        self._killed_at = None
        self._pending = False
        self._refusals = []

    # --- a run -----------------------------------------------------------------------------------

    def run(self, mode, drain):
        resumed = self._start(mode)
        self._start_clients()
        time.sleep(self.chance.uniform(0.05, 0.6))
        mode.during(self)
        time.sleep(self.chance.uniform(0.05, 0.6))
        if drain:
            self._stop_clients()
            self._wait_until_idle()
        self.kill()
        self._stop_clients()
        mode.after_kill(self)
        self.check()
        mode.before_start(self)
        if mode.disturbs:
            self._killed_at = None
        return resumed

    def _start(self, mode):
        self.service.prefix = list(mode.prefix)
        self._move_to(
            {crash_modes.TMPFS: self.grounds.tmpfs, crash_modes.DISK: self.grounds.disk}.get(
                mode.ground
            )
        )
        before = len(self.origin.requests)
        self.service.start()
        resumed = None
        if self._pending:
            wait_for(
                lambda: self._demand_alive() or len(self.origin.requests) > before,
                "the first resumed image",
            )
            if self._killed_at is not None:
                resumed = self.origin.requests[before][0] - self._killed_at
                self.resumed.append(resumed)
        self.service.wait_ready()
        return resumed

    def _move_to(self, folder):
        if folder is None or folder == self.service.folder:
            return
        for file in self.service.folder.iterdir():
            shutil.move(file, folder)
        self.service.folder = folder
        self.service.database = folder / self.service.database.name
        self._killed_at = None

    def kill(self):
        killed_at = time.monotonic()
        self.service.kill()
        wait_for(
            lambda: self.origin.connections == 0,
            "the image host to read what the dead service sent",
        )
        self._killed_at = killed_at
        self._refusals.clear()

    def check(self):
        self.checker.check_fetches()
        self.checker.check_database(self.service)
        self._pending = self.checker.pending > 0
        self._raise_failures()

    def finish(self):
        """The last start: everything ends, the API is asked for every job, SIGTERM; the exit
        code.
        """
        self.service.prefix = []
        self.service.start().wait_ready()
        self._wait_until_idle()
        self.checker.check_answers(self.service)
        code, _ = self.service.terminate()
        self.checker.check_fetches()
        self.checker.check_database(self.service, wholly=True)
        return code

    def _wait_until_idle(self):
        wait_for(
            lambda: self._demand_alive() or self.service.get("/readyz")[1]["jobs_ongoing"] == 0,
            "all jobs to end",
        )

    def close(self):
        self._ending.set()
        self.service.close()
        for client in self._clients:
            client.join()
        self.origin.close()

    # --- clients ---------------------------------------------------------------------------------

    def _start_clients(self):
        self._ending.clear()
        self._large_due = self.chance.random() < 0.1  # a job that is written in slices
        self._clients = [
            threading.Thread(target=self._client, args=(random.Random(self.chance.random()),))
            for _ in range(CLIENTS)
        ]
        for client in self._clients:
            client.start()

    def _stop_clients(self):
        self._ending.set()
        for client in self._clients:
            client.join()
        self._clients = []

    def _raise_failures(self):
        if self._failures:
            raise self._failures[0]

    def _demand_alive(self):
        self._raise_failures()
        if self.service.process.poll() is not None:
            raise AssertionError(
                f"the service ended by itself with {self.service.process.returncode}"
            )

    def _client(self, chance):
        try:
            while not self._ending.is_set():
                with self._lock:
                    large, self._large_due = self._large_due, False
                self.submit(
                    chance.randint(2001, 4500)
                    if large
                    else int(3 * chance.paretovariate(1.0)) % 150 + 1,
                    chance,
                )
                time.sleep(chance.uniform(0, 0.05))
        except Exception as failure:  # of another thread: told by the main one
            self._failures.append(failure)

    def submit(self, images, chance=random):
        """Submits once, and remembers the response."""
        with self._lock:
            serial = len(self.checker.submissions)
            urls = self.origin.photo_urls(images, f"s{serial}-")
            if chance.random() < 0.2:
                urls.append(f"{self.origin.url}/missing/1.jpg?n=s{serial}-{images}")
            cut = chance.randint(1, len(urls))
            submission = self.checker.sent(
                [
                    visit(store, part)
                    for store, part in zip(STORES, (urls[:cut], urls[cut:]))
                    if part
                ]
            )
        try:
            body = json.dumps({"count": len(submission.visits), "visits": submission.visits})
            status, answer = self.service.request("POST", "/api/submit", body)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            time.sleep(0.02)  # the service died, before or behind the commit
            return
        if status == 201:
            submission.job, submission.answered = answer["job_id"], True
        elif status == 503:
            submission.refused = answer["error"]
            self._refusals.append(answer["error"])
        else:
            raise AssertionError(f"a submission was answered with {status} {answer}")

    # --- for modes -------------------------------------------------------------------------------

    def wait_for_another_job(self):
        before = len(self.checker.jobs)
        wait_for(
            lambda: self._demand_alive() or len(self.checker.jobs) > before,
            "another job to be accepted",
        )

    def wait_for_another_image(self):
        before = len(self.origin.requests)
        wait_for(
            lambda: self._demand_alive() or len(self.origin.requests) > before,
            "another image to be fetched",
        )

    def wait_for_refusal(self, reason, submit):
        def refused():
            submit()
            self._demand_alive()
            return any(reason in sentence for sentence in self._refusals)

        self._refusals.clear()
        wait_for(refused, f"a 503 that says '{reason}'")

    def must_refuse(self, reason):
        outcome = self.service.refuses_to_start()
        if outcome is None:
            raise AssertionError(f"the service started, and should have said '{reason}'")
        code, said = outcome
        if code not in (1, 2) or not crash_modes.told(reason, said):
            raise AssertionError(f"exit code {code}, '{said}' instead of '{reason}'")

    def start_if_possible(self, reason):
        """A start that may fail for a good reason."""
        try:
            self.service.start()
        except AssertionError as failure:
            if not crash_modes.told(reason, str(failure)):
                raise

    def shrink_tmpfs(self):
        self.grounds.shrink()

    def grow_tmpfs(self):
        self.grounds.grow()

    def remount(self, how):
        self.grounds.remount(how)

    def freeze_files(self):
        self.grounds.freeze(
            [
                self.service.database,
                self.service.database.with_name(self.service.database.name + "-wal"),
            ]
        )

    def thaw_files(self):
        self.grounds.thaw()


def deal(modes, chance):
    """Every mode once, then plain kills for the most part."""
    first = True
    while True:
        cards = (
            list(modes)
            if first or len(modes) == 1
            else [crash_modes.Mode] * len(modes) + list(modes)
        )
        chance.shuffle(cards)
        yield from cards
        first = False


def loop(arguments, folder):
    chance = random.Random(arguments.seed)
    grounds = crash_modes.Grounds(folder, IN_NAMESPACE in os.environ)
    stage = Stage(chance, folder, grounds)
    try:
        modes = []
        for mode in crash_modes.ALL:
            missing = grounds.have(mode)
            if arguments.only in (None, mode.name):
                print(f"skipped: {mode.name} {missing}") if missing else modes.append(mode)
        if not modes:
            return 0
        dealt = deal(modes, chance)
        done = collections.Counter()
        for run in range(1, arguments.runs + 1):
            mode = next(dealt)
            began = time.monotonic()
            resumed = stage.run(mode(), run % DRAIN_EVERY == 0)
            done[mode.name] += 1
            print(
                f"run {run} {mode.name}: jobs {len(stage.checker.jobs)}, pending images {stage.checker.pending}, resumed after "
                f"{'-' if resumed is None else f'{resumed * 1000:.0f} ms'}, {time.monotonic() - began:.1f} s",
                flush=True,
            )
        code = stage.finish()
        checker = stage.checker
        print("modes " + " ".join(f"{name} {times}" for name, times in done.items()))
        for problem in checker.problems[:100]:
            print("problem: " + problem)
        of = sorted(stage.resumed) or [0.0]
        print(
            f"runs {arguments.runs} jobs {len(checker.jobs)} images {sum(len(s.urls) for s in checker.jobs)} lost {checker.lost} "
            f"double {checker.double} unknown {checker.unknown} fetched-again {checker.fetched_again} unanswered {checker.unanswered} "
            f"resume-median-ms {statistics.median(of) * 1000:.0f} resume-p99-ms {of[int(0.99 * (len(of) - 1) + 0.5)] * 1000:.0f} exit {code}"
        )
        return 1 if checker.problems or code else 0
    except AssertionError:
        print(
            f"seed {arguments.seed}; the end of the service's log:\n" + stage.service.log()[-3000:],
            file=sys.stderr,
        )
        raise
    finally:
        stage.close()
        grounds.close()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=50)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument(
        "--only", choices=[mode.name for mode in crash_modes.ALL], help="nothing but this mode"
    )
    arguments = options.parse_args()
    # Mounts in a namespace of our own go with our last process, whatever ends it.
    if (
        IN_NAMESPACE not in os.environ
        and subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0
    ):
        again = ["unshare", "--mount", sys.executable, *sys.argv, "--seed", str(arguments.seed)]
        os.execvpe(again[0], again, os.environ | {IN_NAMESPACE: "1"})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print(f"seed {arguments.seed}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="retail-pulse-crash-"))
    try:
        return loop(arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
