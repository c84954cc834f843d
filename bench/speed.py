"""Measures how fast the service is, as ratios inside one run: to what wrk gets from the same image
host ("ceiling"), to the cost of the service's simplest response ("ping"), and to two other programs
with the same API (bench/peers). Everything on loopback. Prints a table and writes
bench/results/latest.json.

The image host is nginx with one worker over 64 JPEGs (bench/photos.py). Every image has its own
URL, and the host's request count must equal the number of images, or the run fails. A value is the
median of its runs. Every service starts on an empty database on disk.

usage: scripts/bench speed [--quick] [--only ROW...]
"""

import argparse
import datetime
import json
import multiprocessing
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import hosts  # noqa: E402
import photos  # noqa: E402
import wrk  # noqa: E402
from checkout import commit_of  # noqa: E402
from hosts import harness  # noqa: E402

BENCH = pathlib.Path(__file__).resolve().parent
STORE = "S00339218"
NO_DELAY = ["--gpu-delay", "0", "--origin-connections", "256"]
CLOCK = os.sysconf("SC_CLK_TCK")


class Scale:
    """The sizes of all measurements."""

    def __init__(self, name):
        self.name = name
        self.runs, self.seconds = {"full": (5, 8), "quick": (1, 3), "smoke": (1, 1)}[name]
        self.images = {"full": 40_000, "quick": 10_000, "smoke": 500}[name]
        self.delayed_images = {"full": 10_000, "quick": 10_000, "smoke": 500}[name]
        self.large_job = {"full": 100_000, "quick": 30_000, "smoke": 1_000}[name]
        self.small_jobs = {"full": 30, "quick": 10, "smoke": 3}[name]
        self.queued = {"full": 1_000_000, "quick": 200_000, "smoke": 2_000}[name]
        self.burst_seconds = {"full": 5, "quick": 2, "smoke": 1}[name]
        self.kills = {"full": 10, "quick": 3, "smoke": 1}[name]
        self.starts = {"full": 20, "quick": 5, "smoke": 2}[name]


class Bench:
    def __init__(self, scale, host, names):
        self.scale, self.host, self.names = scale, host, names
        self._tags = 0

    def urls(self, count):
        self._tags += 1
        return self.host.urls(self.names, f"u{self._tags}-", -(-count // len(self.names)))[:count]

    @property
    def environment(self):
        return {
            "PHOTOS": " ".join(self.names),
            "PHOTO_HOST": f"http://127.0.0.1:{self.host.port}",
            "STORE": STORE,
        }


def service(*flags):
    return harness.Service(*flags)


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK


def run_job(api, urls, store=STORE):
    """Seconds from the submission to the stored result of the last image."""
    began = time.monotonic()
    job = api.submit([harness.visit(store, urls)])
    while (end := api.get(f"/api/status?jobid={job}&wait=30")[1])["status"] == "ongoing":
        time.sleep(0.02)  # for programs without long polling
    seconds = time.monotonic() - began
    if end["status"] != "completed":
        raise AssertionError(f"an image failed: {str(end)[:300]}")
    return seconds


def warm_up(bench, api, images):
    """Starts threads, opens connections and lets receive windows grow: the first files on a
    connection are slower.
    """
    run_job(api, bench.urls(min(images, 1000)))


def images_per_second(bench, api, images):
    """Images/s, and CPU seconds of the process per image. Checks that each image was requested
    exactly once.
    """
    warm_up(bench, api, images)
    bench.host.requests()
    urls = bench.urls(images)
    before = processor_seconds(api.process.pid)
    seconds = run_job(api, urls)
    spent = processor_seconds(api.process.pid) - before
    asked = bench.host.requests()
    if asked != images:
        raise AssertionError(f"{images} images, but the host had {asked} requests")
    return images / seconds, spent / images


class Peer(harness.Client):
    """Another program with the same API."""

    def __init__(self, name, command, delay):
        self.name = name
        low, high = ("0", "0") if delay == 0 else delay
        self.process = subprocess.Popen(
            [*command, "--delay-min", low, "--delay-max", high, "--stores", str(harness.STORES)],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        if "http://" not in line:
            raise AssertionError(f"{name} did not start: {line!r}")
        self.port = int(line.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def peers(scale):
    """Name and command of the peers that can be started on this machine."""
    found = {}
    if scale.name == "smoke":
        return found
    go, node = harness.SOURCE / "build/bench/go-peer", BENCH / "peers/node"
    if go.exists():
        found["Go"] = [str(go)]
    if (node / "node_modules").exists():
        found["Node"] = ["node", str(node / "server.js")]
    return found


def row(name, values, unit, target=None, holds=None, against="", note=""):
    values = sorted(values)
    value = statistics.median(values)
    made = {
        "name": name,
        "value": round(value, 4),
        "min": round(values[0], 4),
        "max": round(values[-1], 4),
        "unit": unit,
        "target": target,
        "holds": None if holds is None else bool(holds(value)),
        "against": against,
    }
    if note:
        made["note"] = note
    verdict = {None: "", True: "holds", False: "DOES NOT HOLD"}[made["holds"]]
    print(
        f"{name:66} {value:>10.3f} {unit:14} ({values[0]:.3f} to {values[-1]:.3f})  {target or '':9} {verdict:13} {against}",
        flush=True,
    )
    if note:
        print(f"    {note}", flush=True)
    return made


# --- rows ---------------------------------------------------------------------------------------


def over_the_ceiling(bench):
    """Whole files and ranges: the ceiling, the service, and the peers, in turns."""
    rows, scale = [], bench.scale
    root = f"http://127.0.0.1:{bench.host.port}"
    measured = {"full": [], "header": []}
    ceilings = {"full": [], "header": []}
    cpu, rivals = [], {name: [] for name in peers(scale)}
    for _ in range(scale.runs):
        ceilings["full"].append(
            wrk.requests_per_second(root, scale.seconds, script="photos.lua", **bench.environment)
        )
        ceilings["header"].append(
            wrk.requests_per_second(
                root, scale.seconds, script="photos.lua", RANGE="bytes=0-16383", **bench.environment
            )
        )
        for how in measured:
            with service(*NO_DELAY, "--fetch", how) as api:
                rate, each = images_per_second(
                    bench, api, scale.images if how == "header" else scale.images // 2
                )
            measured[how].append(rate)
            if how == "header":
                cpu.append(each * 1000)
        for name, command in peers(scale).items():
            with Peer(name, command, 0) as api:
                rivals[name].append(images_per_second(bench, api, scale.images // 2)[0])
    for how, target in (("full", 0.5), ("header", 0.3)):
        rows.append(
            row(
                f"images/s, delay 0, --fetch {how}",
                measured[how],
                "images/s",
                against=f"ceiling {statistics.median(ceilings[how]):.0f}/s",
            )
        )
        rows.append(
            row(
                f"images/s, delay 0, --fetch {how}, over the ceiling",
                [m / c for m, c in zip(measured[how], ceilings[how])],
                "",
                f">= {target}",
                lambda v, t=target: v >= t,
                "ceiling",
            )
        )
    rows.append(
        row("CPU per image in the service, header mode", cpu, "ms", "<= 0.1", lambda v: v <= 0.1)
    )
    for name, rates in rivals.items():
        rows.append(row(f"images/s, delay 0, of the {name} peer", rates, "images/s"))
        rows.append(
            row(
                f"images/s, --fetch full, over the {name} peer",
                [m / r for m, r in zip(measured["full"], rates)],
                "",
                "> 1",
                lambda v: v > 1,
                f"{name} peer",
            )
        )
    return rows, statistics.median(measured["full"])


def delayed_job(bench, rate):
    """Warm, as the rate was from which the best possible time is computed."""
    times = []
    for _ in range(bench.scale.runs):
        with service("--origin-connections", "256") as api:
            warm_up(bench, api, bench.scale.delayed_images)
            times.append(run_job(api, bench.urls(bench.scale.delayed_images)))
    best = bench.scale.delayed_images / rate + 0.4
    return [
        row(
            f"{bench.scale.delayed_images:,} images, default delay: seconds over the best possible",
            [t / best for t in times],
            "",
            "<= 1.2",
            lambda v: v <= 1.2,
            f"best {best:.2f} s",
        )
    ]


def fairness(bench):
    with service() as api:
        alone = [run_job(api, bench.urls(1)) for _ in range(bench.scale.small_jobs)]
    with service() as api:
        large = api.submit([harness.visit(STORE, bench.urls(bench.scale.large_job))])
        harness.wait_for(lambda: api.status(large)["images"]["done"] > 0, "the large job to begin")
        beside = []
        while len(beside) < bench.scale.small_jobs and api.status(large)["status"] == "ongoing":
            beside.append(run_job(api, bench.urls(1)))
    ratio = statistics.median(beside) / statistics.median(alone)
    return [
        row(
            f"1-image job beside one of {bench.scale.large_job:,}: median time over alone",
            [ratio],
            "",
            "<= 2",
            lambda v: v <= 2,
            f"alone {statistics.median(alone) * 1000:.0f} ms",
            f"{len(beside)} jobs beside it",
        )
    ]


def queued_images(bench):
    jobs = 10
    with service(*NO_DELAY, "--fetch", "header") as api:
        bench.host.requests()
        began = time.monotonic()
        ids = [
            api.submit([harness.visit(STORE, bench.urls(bench.scale.queued // jobs))])
            for _ in range(jobs)
        ]
        for job in ids:
            while api.get(f"/api/status?jobid={job}&wait=30")[1]["status"] == "ongoing":
                pass
        seconds = time.monotonic() - began
        states = [api.status(job)["status"] for job in ids]
        peak = api.resident_kib("VmHWM") / 1024
        asked = bench.host.requests()
    if set(states) != {"completed"} or asked != bench.scale.queued:
        raise AssertionError(f"{states}, {asked} requests for {bench.scale.queued} images")
    return [
        row(
            f"resident memory at its peak, {bench.scale.queued:,} images in {jobs} jobs",
            [peak],
            "MiB",
            "<= 200",
            lambda v: v <= 200,
            note=f"all completed in {seconds:.0f} s, {bench.scale.queued / seconds:.0f} images/s",
        )
    ]


def submissions(bench):
    scale, ratios, over_go, rates, counts = bench.scale, [], [], [], []
    for n in range(scale.runs):
        with service(*NO_DELAY, "--max-jobs", "1000000") as api:
            url = f"http://127.0.0.1:{api.port}"
            ping = wrk.requests_per_second(f"{url}/healthz", scale.seconds)
            rate, count = wrk.submissions_per_second(
                url, scale.burst_seconds, TAG=f"s{n}-", **bench.environment
            )
        rates.append(rate)
        counts.append(count)
        ratios.append(rate / ping)
        if "Go" in peers(scale):
            with Peer("Go", peers(scale)["Go"], 0) as api:
                rival, _ = wrk.submissions_per_second(
                    f"http://127.0.0.1:{api.port}",
                    scale.burst_seconds,
                    TAG=f"g{n}-",
                    **bench.environment,
                )
            over_go.append(rate / rival)
    made = [
        row(
            "durable one-image submissions/s",
            rates,
            "per s",
            note=f"bursts of {', '.join(f'{c:,}' for c in counts)}, fetched meanwhile",
        ),
        row(
            "durable one-image submissions/s over the bare ping",
            ratios,
            "",
            ">= 0.25",
            lambda v: v >= 0.25,
            "ping",
        ),
    ]
    if over_go:
        made.append(
            row(
                "durable one-image submissions/s over a Go service with a map",
                over_go,
                "",
                ">= 0.5",
                lambda v: v >= 0.5,
                "Go peer",
            )
        )
    return made


def statuses(bench):
    ratios = []
    with service("--gpu-delay", "0") as api:
        job = api.submit([harness.visit(STORE, bench.urls(10))])
        api.wait_for_end(job)
        for _ in range(bench.scale.runs):
            ping = wrk.requests_per_second(
                f"http://127.0.0.1:{api.port}/healthz", bench.scale.seconds
            )
            ratios.append(
                wrk.requests_per_second(
                    f"http://127.0.0.1:{api.port}/api/status?jobid={job}", bench.scale.seconds
                )
                / ping
            )
    return [
        row(
            "status requests/s over the bare ping", ratios, "", ">= 0.5", lambda v: v >= 0.5, "ping"
        )
    ]


def _ask_all_the_time(port, job, ready, stop, longest):
    """Run in a process of its own, so that only the service can delay it."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not stop.is_set():
        began = time.perf_counter()
        connection.request("GET", f"/api/status?jobid={job}")
        connection.getresponse().read()
        longest.value = max(longest.value, (time.perf_counter() - began) * 1000)
        ready.set()
        time.sleep(0.001)


def large_submission(bench):
    longest_of_runs = []
    for _ in range(bench.scale.runs):
        with service() as api:
            job = api.submit([harness.visit(STORE, bench.urls(1))])
            api.wait_for_end(job)
            ready, stop, longest = (
                multiprocessing.Event(),
                multiprocessing.Event(),
                multiprocessing.Value("d", 0.0),
            )
            other = multiprocessing.Process(
                target=_ask_all_the_time, args=(api.port, job, ready, stop, longest)
            )
            urls = bench.urls(bench.scale.large_job)
            body = json.dumps(
                {"count": 1, "visits": [harness.visit("S-unknown", urls)]}
            )  # parsed and stored, but not fetched, because the store is unknown
            other.start()
            ready.wait()
            time.sleep(0.2)
            longest.value = 0.0
            status, _ = api.request("POST", "/api/submit", body)
            stop.set()
            other.join()
            if status != 201:
                raise AssertionError(f"not accepted: {status}")
            longest_of_runs.append(longest.value)
    return [
        row(
            f"a submission of {bench.scale.large_job:,} images: longest wait of another request",
            longest_of_runs,
            "ms",
            "<= 50",
            lambda v: v <= 50,
        )
    ]


def kills(bench):
    times = []
    origin = harness.Origin(delay=0.002)
    try:
        with service("--gpu-delay", "0") as api:
            for n in range(bench.scale.kills):
                api.submit([harness.visit(STORE, origin.photo_urls(20_000, f"k{n}-"))])
                seen = len(origin.requests)
                harness.wait_for(lambda: len(origin.requests) > seen + 200, "fetches")
                time.sleep(random.uniform(0, 0.3))
                killed = time.monotonic()
                api.kill()
                time.sleep(0.05)  # requests under way have arrived
                before = len(origin.requests)
                api.start()
                harness.wait_for(
                    lambda: len(origin.requests) > before, "the first image after the restart"
                )
                times.append(origin.requests[before][0] - killed)
    finally:
        origin.close()
    return [
        row("kill -9 under load to the first resumed image", times, "s", "<= 1", lambda v: v <= 1)
    ]


def starts(bench):
    times, memory = [], []
    for _ in range(bench.scale.starts):
        began = time.monotonic()
        with service() as api:
            times.append((time.monotonic() - began) * 1000)
            memory.append(api.resident_kib("VmRSS") / 1024)
    return [
        row("start to ready", times, "ms", "<= 200", lambda v: v <= 200),
        row("idle memory", memory, "MiB", "<= 40", lambda v: v <= 40),
    ]


ROWS = {
    "ceiling": None,
    "fairness": fairness,
    "memory": queued_images,
    "submissions": submissions,
    "statuses": statuses,
    "large_submission": large_submission,
    "kills": kills,
    "starts": starts,
}


def machine():
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) // 1024
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_mib": memory,
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--program", type=pathlib.Path, default=harness.SOURCE / "build/release/retail-pulse"
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick",
        action="store_const",
        const="quick",
        dest="scale",
        help="less of everything: about two minutes",
    )
    size.add_argument(
        "--smoke",
        action="store_const",
        const="smoke",
        dest="scale",
        help="a few seconds, with the sample photos: that it works",
    )
    parser.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument(
        "--output",
        type=pathlib.Path,
        help="where the JSON goes (default: bench/results/latest.json; not with --smoke or --only)",
    )
    arguments = parser.parse_args()
    harness.PROGRAM = arguments.program
    scale = Scale(arguments.scale or "full")
    random.seed(1)
    about = machine()
    if scale.name == "smoke":
        root = harness.PHOTOS
        names = sorted(p.name for p in root.glob("*.jpg"))
    else:
        root = harness.SOURCE / "build/bench/photos"
        names = photos.make(root)
    rows = []
    host = hosts.FastHost(root)
    try:
        bench = Bench(scale, host, names)
        if "ceiling" in arguments.only:
            made, rate = over_the_ceiling(bench)
            rows += made + delayed_job(bench, rate)
        for name in arguments.only:
            if ROWS[name]:
                rows += ROWS[name](bench)
    finally:
        host.close()
    commit = commit_of(harness.SOURCE)
    result = {
        "date": datetime.date.today().isoformat(),
        "commit": commit,
        "scale": scale.name,
        "machine": about,
        "rows": rows,
    }
    output = arguments.output
    if output is None and scale.name != "smoke" and arguments.only == list(ROWS):
        output = BENCH / "results/latest.json"
    if output:
        output.write_text(json.dumps(result, indent=2) + "\n")
        print(f"written to {output}")
    judged = [r for r in rows if r["holds"] is not None]
    print(f"{sum(r['holds'] for r in judged)} of {len(judged)} targets hold")


if __name__ == "__main__":
    main()
