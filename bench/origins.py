"""Measures what the order of a job's images and dead hosts cost: a job is to use all of its hosts
at once, and a dead one is to cost nothing but its own images. Everything on loopback, where each
address is a host of its own, and with the default settings. Prints a table and writes
bench/results/origins.json.

order   the same images on hosts that answer after 200 ms, interleaved and host by host
behind  healthy images alone, and behind, before and among those of a dead host in the same job
dead    jobs of which every image is on a dead host: until they have ended
away    a host that is away for half a minute in the middle of its job
split   a healthy job beside jobs that are split over ports, hosts or many small jobs
memory  of one job of a million images, over that of an idle service

Each part of a row has a time limit, after which it is given up and says what was left. Nearly all
of it is waiting, but "behind" and "memory" want the machine for themselves.

usage: scripts/bench origins [--quick] [--only ROW...]
"""

import argparse
import concurrent.futures
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import hosts  # noqa: E402
import speed  # noqa: E402
from addresses import (  # noqa: E402
    PHOTO,
    LoopbackHost,
    NoNames,
    RefusingPort,
    SilentPort,
    address,
)
from checkout import commit_of  # noqa: E402
from hosts import harness  # noqa: E402

STORE = "S00339218"
BENCH = pathlib.Path(__file__).resolve().parent
POLL = 0.02  # s between two looks at a job
SUBMITTERS = 8  # connections of a stranger with many jobs, each from an address of its own
URL_LENGTH = 60  # of the large job, so that a million fill a body of 64 MiB nearly
SMOKE_FLAGS = ["--fetch-deadline", "3s", "--fetch-attempts", "1"]  # so that dead hosts end soon


class Scale:
    """The sizes of all measurements. A time limit is in seconds, and of one part of a row."""

    def __init__(self, name):
        self.name = name
        self.flags = SMOKE_FLAGS if name == "smoke" else []
        self.order_images = {"full": 12_800, "quick": 2_560, "smoke": 128}[name]
        self.order_hosts = {"full": (8, 64, 1000), "quick": (8, 64), "smoke": (4,)}[name]
        self.healthy = {"full": 200, "quick": 200, "smoke": 5}[name]
        self.dead = {"full": 100_000, "quick": 5_000, "smoke": 20}[name]
        self.few_dead = {"full": 100, "quick": 100, "smoke": 5}[name]
        self.dead_hosts = {"full": (64, 200), "quick": (16, 50), "smoke": (4, 5)}[name]
        self.away_images = {"full": 20_000, "quick": 10_000, "smoke": 500}[name]
        self.away_seconds = {"full": 30, "quick": 10, "smoke": 0.2}[name]
        self.ports = {"full": 400, "quick": 400, "smoke": 4}[name]
        self.busy_jobs = {"full": 25_000, "quick": 12_000, "smoke": 20}[name]
        self.silent_jobs = {"full": 1_280, "quick": 1_280, "smoke": 8}[name]
        self.pauses = (0,) if name == "smoke" else (0, 1, 4)
        self.large_job = {"full": 1_000_000, "quick": 200_000, "smoke": 1_000}[name]
        self.large_seconds = {"full": 60, "quick": 15, "smoke": 2}[name]
        self.limit = {"full": 150, "quick": 150, "smoke": 20}[name]
        self.limit_behind = {"full": 60, "quick": 30, "smoke": 10}[name]


class Service(harness.Service):
    """With the default settings."""

    def start_job(self, urls):
        """Returns the job and when its submission began."""
        began = time.monotonic()
        return self.submit([harness.visit(STORE, urls)]), began

    def images(self, job):
        counts = self.status(job)["images"]
        return {**counts, "succeeded": counts["done"] - counts["failed"]}

    def has_ended(self, job):
        return self.status(job)["status"] != "ongoing"

    def forget_peak(self):
        """From now on the peak of resident memory is counted anew (proc(5), clear_refs)."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def cancel(self, job):
        self.request("POST", f"/api/jobs/{job}/cancel")


class Part:
    """A part of a row: the seconds that it took, or its time limit and what was left then."""

    def __init__(self, seconds, left=""):
        self.seconds, self.left = seconds, left


def wait(began, limit, condition, left):
    """The seconds from `began` until the condition holds. `left` says what is left."""
    while not condition():
        if time.monotonic() - began > limit:
            return Part(limit, f"not ended after {limit} s: {left()}")
        time.sleep(POLL)
    return Part(time.monotonic() - began)


def wait_for_end(service, job, began, limit):
    """Until a job ends; one that does not is cancelled."""

    def left():
        images = service.images(job)
        return f"{images['total'] - images['done']:,} of {images['total']:,} images were left"

    part = wait(began, limit, lambda: service.has_ended(job), left)
    if part.left:
        service.cancel(job)
    return part


def row(name, value, unit, target, note="", against=""):
    """`target`: the value that holds at most."""
    return speed.row(name, [value], unit, f"<= {target:g}", lambda v: v <= target, against, note)


# --- rows ---------------------------------------------------------------------------------------


def seconds_in_order(scale, host, urls):
    asked = host.asked
    with Service(*scale.flags) as service:
        job, began = service.start_job(urls)
        part = wait_for_end(service, job, began, scale.limit)
        if not part.left and service.images(job)["succeeded"] != len(urls):
            raise AssertionError(f"a healthy image failed: {service.status(job)}")
    if not part.left and host.asked - asked != len(urls):
        raise AssertionError(f"{len(urls)} images, but {host.asked - asked} requests")
    return part


def order(scale):
    rows = []
    with LoopbackHost(0.2) as host:
        for count in scale.order_hosts:
            urls = host.urls(scale.order_images, "i", count)
            mixed = seconds_in_order(scale, host, urls)
            sorted_urls = sorted(urls, key=lambda url: url.rsplit("/", 1)[0])
            sorted_by_host = seconds_in_order(scale, host, sorted_urls)
            note = f"host by host {sorted_by_host.seconds:.1f} s"
            rows.append(
                row(
                    f"{len(urls):,} images, {count:,} hosts: host by host over interleaved",
                    sorted_by_host.seconds / mixed.seconds,
                    "",
                    1.1,
                    f"{note}; {sorted_by_host.left or mixed.left}" if sorted_by_host.left else note,
                    f"interleaved {mixed.seconds:.1f} s",
                )
            )
    return rows


def among(healthy, dead):
    """The healthy ones spread evenly."""
    step = len(dead) // len(healthy)
    mixed = []
    for n, url in enumerate(healthy):
        mixed += dead[n * step : (n + 1) * step] + [url]
    return mixed + dead[len(healthy) * step :]


def seconds_of_healthy(scale, urls):
    """Until all healthy images of a job are done, and the seconds that its submission took."""
    with Service(*scale.flags) as service:
        job, began = service.start_job(urls)
        submitted = time.monotonic() - began
        part = wait(
            began,
            scale.limit_behind,
            lambda: service.images(job)["succeeded"] == scale.healthy,
            lambda: f"{service.images(job)['succeeded']} of {scale.healthy} were done",
        )
        service.cancel(job)
    return part, submitted


def behind(scale):
    rows = []
    places = {
        "behind": lambda healthy, dead: dead + healthy,
        "before": lambda healthy, dead: healthy + dead,
        "among": among,
    }
    with LoopbackHost(0.01) as host, SilentPort() as silent, RefusingPort() as refusing:
        healthy = host.urls(scale.healthy, "healthy")
        alone, _ = seconds_of_healthy(scale, healthy)
        for kind, port in (("silent", silent.port), ("refusing", refusing.port)):
            dead = [f"http://{address(1)}:{port}/{n}" for n in range(scale.dead)]
            for place, arrange in places.items():
                part, submitted = seconds_of_healthy(scale, arrange(healthy, dead))
                rows.append(
                    row(
                        f"{scale.healthy} images {place} {scale.dead:,} of a {kind} host: later by",
                        part.seconds - alone.seconds,
                        "s",
                        2,
                        part.left or f"the submission took {submitted:.2f} s of it",
                        f"alone {alone.seconds:.2f} s",
                    )
                )
    return rows


def seconds_of_dead(scale, prefix, urls):
    """The seconds until all images have failed, and their codes."""
    with contextlib.closing(Service(*scale.flags)) as service:
        service.prefix = prefix
        service.start().wait_ready()
        job, began = service.start_job(urls)
        part = wait_for_end(service, job, began, scale.limit)
        if service.images(job)["succeeded"]:
            raise AssertionError("an image of a dead host succeeded")
        codes = service.get(f"/api/jobs/{job}")[1]["codes"]
    told = ", ".join(f"{count:,} {code}" for code, count in sorted(codes.items()))
    return part, told


def dead_jobs(scale, silent, refusing, no_names):
    """What it is, a prefix of the service's command, and the URLs."""
    jobs = []
    for kind, port in (("silent", silent.port), ("refusing", refusing.port)):
        for count in (scale.few_dead, scale.dead):
            urls = [f"http://{address(1)}:{port}/{n}" for n in range(count)]
            jobs.append((f"{count:,} images on a {kind} host", [], urls))
    count, each = scale.dead_hosts
    urls = [
        f"http://{address(at)}:{(silent, refusing)[at % 2].port}/{n}"
        for at in range(count)
        for n in range(each)
    ]
    jobs.append((f"{count} dead hosts with {each} images each", [], urls))
    if no_names:
        for count in (scale.few_dead, scale.dead):
            urls = [f"http://no-such-host.invalid/{n}" for n in range(count)]
            jobs.append((f"{count:,} images at a name without address", no_names.command, urls))
    return jobs


def dead(scale):
    """All at once, as it is waiting; each job has a service of its own."""
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(SilentPort())
        refusing = stack.enter_context(RefusingPort())
        no_names = None
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="no-names-"))
            no_names = stack.enter_context(NoNames(pathlib.Path(folder)))
        else:
            print("    names without address: not measured, because that takes root")
        jobs = dead_jobs(scale, silent, refusing, no_names)
        with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
            parts = list(pool.map(lambda job: seconds_of_dead(scale, *job[1:]), jobs))
    return [
        row(f"{what}: until it ended", part.seconds, "s", 120, part.left or told)
        for (what, _, _), (part, told) in zip(jobs, parts, strict=True)
    ]


def away(scale):
    with LoopbackHost(0.01) as host:
        with Service(*scale.flags) as service:
            job, began = service.start_job(host.urls(scale.away_images, "alone"))
            alone = wait_for_end(service, job, began, scale.limit)
        with Service(*scale.flags) as service:
            job, began = service.start_job(host.urls(scale.away_images, "away"))
            half = scale.away_images // 2
            harness.wait_for(lambda: service.images(job)["done"] >= half, "half of the images")
            host.leave()
            time.sleep(scale.away_seconds)
            host.come_back()
            part = wait_for_end(service, job, began, scale.limit)
            images = service.images(job)
    what = f"{scale.away_images:,} images, their host away for {scale.away_seconds} s"
    return [
        row(f"{what}: failures", images["failed"], "images", 0),
        row(
            f"{what}: seconds in all",
            part.seconds,
            "s",
            round(1.2 * scale.away_seconds + alone.seconds, 1),
            part.left,
            f"alone {alone.seconds:.1f} s",
        ),
    ]


def submit_many(port, jobs):
    """Stores many one-image jobs, from clients at other addresses than ours."""

    def submit_some(which):
        connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=60, source_address=(f"127.0.30.{1 + which}", 0)
        )
        for url in jobs[which::SUBMITTERS]:
            body = json.dumps({"count": 1, "visits": [harness.visit(STORE, [url])]})
            connection.request("POST", "/api/submit", body)
            answer = connection.getresponse()
            told = answer.read()
            if answer.status != 201:
                raise AssertionError(f"not accepted: {answer.status} {told[:200]}")
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(SUBMITTERS) as pool:
        list(pool.map(submit_some, range(SUBMITTERS)))


def beside(scale, what, healthy, stranger):
    """A row: a healthy job alone, and beside what `stranger` submits to the service."""
    parts = []
    for submit in (lambda _: None, stranger):
        with Service(*scale.flags) as service:
            submit(service)
            job, began = service.start_job(healthy)
            parts.append(wait_for_end(service, job, began, scale.limit))
            images = service.images(job)
        if not parts[-1].left and images["failed"]:
            raise AssertionError(f"{images['failed']} healthy images failed")
    alone, crowded = parts
    return row(
        f"{what}: later by",
        crowded.seconds - alone.seconds,
        "s",
        2,
        crowded.left,
        f"alone {alone.seconds:.2f} s",
    )


def split_over_ports(scale, host):
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(SilentPort()).port for _ in range(scale.ports)]
        urls = [f"http://{address(0)}:{port}/1.jpg" for port in ports]

        def stranger(service):
            service.start_job(urls)
            time.sleep(1)  # until its images hold what they can get

        return beside(
            scale,
            f"an image beside a job on {scale.ports} silent ports of its address",
            host.urls(1, "ports"),
            stranger,
        )


def split_over_jobs(scale, host):
    with LoopbackHost(0.01) as busy:
        urls = [f"http://{address(1)}:{busy.port}/busy/5/{n}" for n in range(scale.busy_jobs)]
        return beside(
            scale,
            f"{scale.healthy} images beside {scale.busy_jobs:,} jobs at a busy host",
            host.urls(scale.healthy, "busy"),
            lambda service: submit_many(service.port, urls),
        )


def split_over_hosts(scale, host):
    with SilentPort() as silent:
        urls = [f"http://{address(1 + n)}:{silent.port}/1.jpg" for n in range(scale.silent_jobs)]
        return beside(
            scale,
            f"an image beside {scale.silent_jobs:,} jobs at as many silent hosts",
            host.urls(1, "silent"),
            lambda service: submit_many(service.port, urls),
        )


def good_photos(scale, host, retry_after, pause):
    """34 images of a stranger get 503, and a pause later another job has five good photos on that
    host. Returns the part and how many of the five failed; those that are left count as failed.
    """
    with Service(*scale.flags) as service:
        root = f"http://{address(0)}:{host.port}/busy/{retry_after}"
        service.start_job([f"{root}/{n}" for n in range(34)])
        time.sleep(pause)
        job, began = service.start_job(host.urls(5, "good"))
        part = wait_for_end(service, job, began, scale.limit)
        return part, 5 - service.images(job)["succeeded"]


def busy_answers_of_a_stranger(scale, host):
    """With and without Retry-After, and with pauses in which the circuit of the host may open."""
    cases = [(after, pause) for after in (0, 5) for pause in scale.pauses]
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        found = list(pool.map(lambda case: good_photos(scale, host, *case), cases))
    told = "; ".join(
        f"Retry-After {after or 'none'}, {pause} s later: {failed} in {part.seconds:.0f} s"
        for (after, pause), (part, failed) in zip(cases, found, strict=True)
    )
    return row(
        f"{len(cases)} x 5 photos on a host that gives 34 of a stranger 503: failures",
        sum(failed for _, failed in found),
        "images",
        0,
        told,
    )


def split(scale):
    with LoopbackHost(0.01) as host:
        return [
            part(scale, host)
            for part in (
                split_over_ports,
                split_over_jobs,
                split_over_hosts,
                busy_answers_of_a_stranger,
            )
        ]


def memory(scale):
    """Of the submission, whose body is as large as the default settings take, and of what follows."""
    with tempfile.TemporaryDirectory(prefix="one-photo-") as folder:
        pathlib.Path(folder).chmod(0o755)
        shutil.copy(PHOTO, pathlib.Path(folder) / "p")
        with contextlib.closing(hosts.FastHost(folder)) as host, Service(*scale.flags) as service:
            idle = service.resident_kib() / 1024
            root = f"http://127.0.0.1:{host.port}/p?"
            job, began = service.start_job(
                [root + f"{n}".zfill(URL_LENGTH - len(root)) for n in range(scale.large_job)]
            )
            submission = service.resident_kib() / 1024
            submitted = time.monotonic()
            service.forget_peak()
            limit = submitted - began + scale.large_seconds
            wait(began, limit, lambda: service.has_ended(job), lambda: "")
            fetching = time.monotonic() - submitted
            images = service.images(job)
            fetched = service.resident_kib() / 1024
    if images["failed"]:
        raise AssertionError(f"{images['failed']} healthy images failed")
    what = f"one job of {scale.large_job:,} images"
    against = f"idle {idle:.1f} MiB"
    megabytes = URL_LENGTH * scale.large_job / 1e6
    submitting = f"{megabytes:.0f} MB of URLs in {submitted - began:.1f} s"
    done = f"{images['done']:,} done in {fetching:.1f} s"
    return [
        row(
            f"{what}: peak memory of the submission",
            submission - idle,
            "MiB",
            80,
            submitting,
            against,
        ),
        row(f"{what}: peak memory behind it", fetched - idle, "MiB", 80, done, against),
    ]


ROWS = {
    "order": order,
    "behind": behind,
    "dead": dead,
    "away": away,
    "split": split,
    "memory": memory,
}


def measure(name, scale):
    """The rows of one name, with the machine's load at their begin and end."""
    load = os.getloadavg()[0]
    began = time.monotonic()
    made = ROWS[name](scale)
    load = [round(load, 2), round(os.getloadavg()[0], 2)]
    print(
        f"    {name} took {time.monotonic() - began:.0f} s; load {load[0]} before, {load[1]} after",
        flush=True,
    )
    return [{"row": name, **each, "load": load} for each in made]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--program", type=pathlib.Path, default=harness.SOURCE / "build/release/retail-pulse"
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick", action="store_const", const="quick", dest="scale", help="less of everything"
    )
    size.add_argument(
        "--smoke",
        action="store_const",
        const="smoke",
        dest="scale",
        help="a few seconds, with deadlines of 3 s: that it works",
    )
    parser.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument(
        "--output",
        type=pathlib.Path,
        help="where the JSON goes (default: bench/results/origins.json; not with --smoke or --only)",
    )
    arguments = parser.parse_args()
    harness.PROGRAM = arguments.program
    scale = Scale(arguments.scale or "full")
    machine = speed.machine()
    rows = [made for name in arguments.only for made in measure(name, scale)]
    output = arguments.output
    if output is None and scale.name != "smoke" and arguments.only == list(ROWS):
        output = BENCH / "results/origins.json"
    if output:
        result = {
            "date": datetime.date.today().isoformat(),
            "commit": commit_of(harness.SOURCE),
            "scale": scale.name,
            "machine": machine,
            "rows": rows,
        }
        output.write_text(json.dumps(result, indent=2) + "\n")
        print(f"written to {output}")
    print(f"{sum(made['holds'] for made in rows)} of {len(rows)} targets hold")


if __name__ == "__main__":
    main()
