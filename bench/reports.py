"""Measures what reading costs while a large job runs: pages of its images at any depth, its results
as CSV, and the status for another client.

One job of IMAGES images (default 100,000) with the default delay, fetched in header mode from nginx
on loopback. While it runs, one client reads pages of 100 images at random depths with and without
filters, one streams results.csv over and over, and one asks for the status; the same pages are read
again after the job has ended. Prints the median, the 99th percentile and the maximum of each, and
the resident memory while a CSV streams. Exit code 1 when the 99th percentile of a page is 20 ms or
more, that of the status is 50 ms or more, or a report lacks an image.

usage: scripts/bench reports [--images N]
"""

import argparse
import http.client
import json
import multiprocessing
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/end_to_end"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
import hosts  # noqa: E402

PAGE_TARGET_MS, STATUS_TARGET_MS = 20, 50
STORES_IN_JOB = 200


def milliseconds(call):
    began = time.perf_counter()
    result = call()
    return (time.perf_counter() - began) * 1000, result


def spread(name, times, target=None):
    times = sorted(times)
    p99 = times[min(len(times) - 1, len(times) * 99 // 100)]
    verdict = (
        ""
        if target is None
        else f"   target {target} ms: {'holds' if p99 < target else 'DOES NOT HOLD'}"
    )
    print(
        f"{name:58} {len(times):6} times  median {times[len(times) // 2]:7.2f} ms  p99 {p99:7.2f} ms  longest {times[-1]:7.2f} ms{verdict}",
        flush=True,
    )
    return target is None or p99 < target


class Client:
    """A client with one kept connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, target):
        self.connection.request("GET", target)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise AssertionError(f"{target}: {answer.status} {body[:200]}")
        return body


def pages_at_random_depth(client, job, images, filters, cursors, rounds):
    """Latencies of single pages, from cursors that the service gave."""
    times = []
    for _ in range(rounds):
        cursor = random.choice(cursors[filters])
        target = f"/api/jobs/{job}/images?limit=100{filters}" + (
            f"&cursor={cursor}" if cursor else ""
        )
        took, _ = milliseconds(lambda: client.get(target))
        times.append(took)
    return times


def collect_cursors(client, job, filters):
    """The cursor of every tenth page."""
    found, cursor, page = [""], "", 0
    while True:
        body = json.loads(
            client.get(
                f"/api/jobs/{job}/images?limit=1000{filters}"
                + (f"&cursor={cursor}" if cursor else "")
            )
        )
        cursor = body.get("next")
        if not cursor:
            return found
        found.append(cursor)


def ask_status(port, job, ended, told):
    """Asks for the status until the job ends. Run in a process of its own."""
    times = []
    try:
        own = Client(port)
        while not ended.is_set():
            took, body = milliseconds(lambda: own.get(f"/api/status?jobid={job}"))
            times.append(took)
            if json.loads(body)["status"] != "ongoing":
                break
            time.sleep(0.005)
    finally:
        ended.set()
        told.put(("status", times))


def stream_csv(port, job, ended, told):
    runs = []
    try:
        own = Client(port)
        while not ended.is_set():
            took, body = milliseconds(lambda: own.get(f"/api/jobs/{job}/results.csv"))
            runs.append((took, body.count(b"\r\n") - 1, len(body)))
    finally:
        told.put(("csv", runs))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--images", type=int, default=100_000)
    arguments.add_argument("--program", default=str(harness.SOURCE / "build/release/retail-pulse"))
    options = arguments.parse_args()
    harness.PROGRAM = pathlib.Path(options.program)
    random.seed(1)
    holds = True
    with tempfile.TemporaryDirectory() as folder, harness.Service(
        "--fetch", "header", "--origin-connections", "64"
    ) as service:
        names = sorted(p.name for p in harness.PHOTOS.iterdir())
        host = hosts.FastHost(harness.PHOTOS)
        ids = [
            line.split(",")[-1].strip()
            for line in harness.STORES.read_text().splitlines()[1:STORES_IN_JOB]
        ] + ["S-unknown"]
        per_store = options.images // len(ids)
        urls = host.urls(names, "n", options.images // len(names) + 1)
        visits = [
            harness.visit(store, urls[i * per_store : (i + 1) * per_store])
            for i, store in enumerate(ids)
        ]
        images = per_store * len(ids)
        job = service.submit(visits)
        client = Client(service.port)
        filters = [
            "",
            "&state=failed",
            "&state=succeeded",
            "&code=store_not_found",
            f"&store_id={ids[7]}",
        ]

        # A process per client, so that they do not share an interpreter.
        ended = multiprocessing.Event()
        told = multiprocessing.Queue()
        others = [
            multiprocessing.Process(target=ask, args=(service.port, job, ended, told))
            for ask in (ask_status, stream_csv)
        ]
        for other in others:
            other.start()
        during = {f: [] for f in filters}
        while not ended.is_set():
            for f in filters:
                cursor = (
                    f"&cursor={random.choice(known)}"
                    if f == "" and (known := seen_cursors(client, job))
                    else ""
                )
                took, _ = milliseconds(
                    lambda: client.get(f"/api/jobs/{job}/images?limit=100{f}{cursor}")
                )
                during[f].append(took)
        came = dict(told.get(timeout=60) for _ in others)
        for other in others:
            other.join()
        statuses, csv_runs = came["status"], came["csv"]
        print(
            f"{images:,} images; while the job runs, with a CSV stream and a status client beside it:"
        )
        for f in filters:
            holds &= spread(f"  page of 100, {f or 'no filter'}", during[f], PAGE_TARGET_MS)
        holds &= spread("  status of another client", statuses, STATUS_TARGET_MS)
        for took, rows, size in csv_runs:
            print(f"  results.csv: {rows:,} rows, {size / 1e6:.1f} MB in {took / 1000:.2f} s")
            holds &= rows == images

        cursors = {f: collect_cursors(client, job, f) for f in filters}
        print("when it has ended:")
        for f in filters:
            holds &= spread(
                f"  page of 100 at any depth, {f or 'no filter'}",
                pages_at_random_depth(client, job, images, f, cursors, 300),
                PAGE_TARGET_MS,
            )
        took = [milliseconds(lambda: client.get(f"/api/jobs/{job}"))[0] for _ in range(100)]
        spread("  job detail", took)
        took = [milliseconds(lambda: client.get("/api/jobs?limit=100"))[0] for _ in range(100)]
        spread("  list of jobs", took)
        before = service.resident_kib("VmRSS")
        took, body = milliseconds(lambda: client.get(f"/api/jobs/{job}/results.csv"))
        print(
            f"  results.csv: {body.count(bytes([13, 10])) - 1:,} rows, {len(body) / 1e6:.1f} MB in {took / 1000:.2f} s; "
            f"resident memory {before / 1024:.1f} MiB before, {service.resident_kib('VmRSS') / 1024:.1f} MiB after, "
            f"peak of the whole run {service.resident_kib('VmHWM') / 1024:.1f} MiB"
        )
        took, body = milliseconds(lambda: client.get(f"/api/jobs/{job}/results.ndjson"))
        print(
            f"  results.ndjson: {body.count(bytes([10])):,} rows, {len(body) / 1e6:.1f} MB in {took / 1000:.2f} s"
        )
        holds &= body.count(b"\n") == images
        host.close()
    sys.exit(0 if holds else 1)


_cursors = {}


def seen_cursors(client, job):
    """Cursors at every depth. They stay valid while a job runs, because the list is in order of
    submission.
    """
    if job not in _cursors:
        _cursors[job] = [c for c in collect_cursors(client, job, "") if c]
    return _cursors[job]


if __name__ == "__main__":
    main()
