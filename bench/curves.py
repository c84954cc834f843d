"""Measures how speed and cost grow with images in flight, fetch threads, jobs at once, images per
job and latency of the image host. Everything else has its default. Loopback only; about 3 minutes.
Writes bench/results/curves.json and one SVG per curve.

usage: scripts/bench curves [--only CURVE...] [--most-images N]
"""

import argparse
import datetime
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import speed as rows  # noqa: E402
import hosts  # noqa: E402
import photos  # noqa: E402
from checkout import commit_of  # noqa: E402
from hosts import harness  # noqa: E402

RESULTS = pathlib.Path(__file__).resolve().parent / "results"
HEADER = ["--fetch", "header", "--gpu-delay", "0"]


def rate(bench, flags, images, jobs=1):
    """Images/s, and CPU microseconds of the service per image. Checks that each image was requested
    once.
    """
    with rows.service("--max-jobs", "100000", *flags) as api:
        rows.run_job(api, bench.urls(1000))
        bench.host.requests()
        urls = bench.urls(images)
        before = rows.processor_seconds(api.process.pid)
        began = rows.time.monotonic()
        share = images // jobs
        ids = [
            api.submit([harness.visit(rows.STORE, urls[n * share : (n + 1) * share])])
            for n in range(jobs)
        ]
        for job in ids:
            while api.get(f"/api/status?jobid={job}&wait=30")[1]["status"] == "ongoing":
                pass
        seconds = rows.time.monotonic() - began
        spent = rows.processor_seconds(api.process.pid) - before
        peak = api.resident_kib("VmHWM") / 1024
    asked = bench.host.requests()
    if asked != share * jobs:
        raise AssertionError(f"{share * jobs} images, but the host had {asked} requests")
    return {
        "images_per_s": round(share * jobs / seconds, 1),
        "cpu_us_per_image": round(spent / (share * jobs) * 1e6, 1),
        "peak_mib": round(peak, 1),
    }


def images_in_flight(bench, _):
    for places in (64, 256, 1024, 4096, 16384):
        yield places, rate(
            bench,
            ["--fetch", "header", "--images-in-flight", str(places), "--origin-connections", "256"],
            min(40_000, 40 * places),
        )


def fetch_threads(bench, _):
    with slow_host(bench, 0.02) as slow:
        for threads in (8, 32, 128, 256, 512):
            yield threads, rate(
                slow,
                [*HEADER, "--fetch-threads", str(threads), "--origin-connections", str(threads)],
                min(30_000, threads * 200),
            )


def jobs_at_once(bench, _):
    for jobs in (1, 10, 100, 1000):
        yield jobs, rate(bench, [*HEADER, "--origin-connections", "256"], 40_000, jobs)


def images_per_job(bench, most):
    for images in (100, 1_000, 10_000, 100_000, 1_000_000):
        if images <= most:
            jobs = 10 if images == 1_000_000 else max(1, 20_000 // images)
            yield images, rate(
                bench,
                [*HEADER, "--origin-connections", "256"],
                images if images >= 20_000 else images * jobs,
                1 if images == 1_000_000 else jobs,
            )


def origin_latency(bench, _):
    for latency in (0, 20, 100):
        with slow_host(bench, latency / 1000) as host:
            yield latency, rate(
                host, [*HEADER, "--origin-connections", "256"], 30_000 if latency < 100 else 15_000
            )


class slow_host:
    """The same photos from a host with a given latency."""

    def __init__(self, bench, delay):
        self.bench, self.delay = bench, delay

    def __enter__(self):
        self.host = hosts.FastHost(harness.SOURCE / "build/bench/photos", self.delay)
        return rows.Bench(self.bench.scale, self.host, self.bench.names)

    def __exit__(self, *_):
        self.host.close()


CURVES = {
    "images-in-flight": (
        images_in_flight,
        "images in flight (default delay, header mode)",
        "images_per_s",
        "images/s",
    ),
    "fetch-threads": (
        fetch_threads,
        "fetch threads, as many connections (host answers after 20 ms)",
        "images_per_s",
        "images/s",
    ),
    "jobs-at-once": (
        jobs_at_once,
        "jobs at once, 40,000 images in all",
        "images_per_s",
        "images/s",
    ),
    "images-per-job": (
        images_per_job,
        "images per job (delay 0, header mode)",
        "cpu_us_per_image",
        "CPU µs per image",
    ),
    "origin-latency": (
        origin_latency,
        "latency of the image host in ms (256 fetches at once)",
        "images_per_s",
        "images/s",
    ),
}


def draw(name, title, unit, points):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "retail-pulse"  # the same numbers give the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6))
    axes.plot([x for x, _ in points], [y for _, y in points], marker="o")
    if name != "origin-latency":
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(title)
    axes.set_ylabel(unit)
    axes.grid(True, alpha=0.3)
    figure.tight_layout()
    figure.savefig(RESULTS / f"{name}.svg", metadata={"Date": None})
    pyplot.close(figure)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--program", type=pathlib.Path, default=harness.SOURCE / "build/release/retail-pulse"
    )
    parser.add_argument("--only", nargs="+", choices=CURVES, default=list(CURVES))
    parser.add_argument("--most-images", type=int, default=1_000_000)
    arguments = parser.parse_args()
    harness.PROGRAM = arguments.program
    root = harness.SOURCE / "build/bench/photos"
    names = photos.make(root)
    file = RESULTS / "curves.json"
    result = json.loads(file.read_text()) if file.exists() else {"curves": {}}
    commit = commit_of(harness.SOURCE)
    host = hosts.FastHost(root)
    try:
        bench = rows.Bench(rows.Scale("full"), host, names)
        for name in arguments.only:
            measure, title, shown, unit = CURVES[name]
            points = []
            for x, values in measure(bench, arguments.most_images):
                points.append({"x": x, **values})
                print(
                    f"{name:18} {x:>9,}  {values['images_per_s']:>9,.0f} images/s  {values['cpu_us_per_image']:>7.1f} us CPU per image  "
                    f"{values['peak_mib']:>7.1f} MiB",
                    flush=True,
                )
            result["curves"][name] = {
                "title": title,
                "date": datetime.date.today().isoformat(),
                "commit": commit,
                "machine": rows.machine(),
                "points": points,
            }
            draw(name, title, unit, [(p["x"], p[shown]) for p in points])
    finally:
        host.close()
    file.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
