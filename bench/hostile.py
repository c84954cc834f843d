#!/usr/bin/env python3
"""What hosts that hang, or are dead, cost everybody else: images/s of one healthy host alone, and beside them, in interleaved pairs.

The real program fetches whole files from nginx on loopback (delay 0). In the first part 200 connections hang meanwhile: 8 hosts of 25,
each at an address of its own, that say nothing, or drip a byte a second in headers or body; their deadline lies behind the measurement.
In the second part another job has 10,000 images on one host that never accepts a connection, with a deadline of 1 s and three attempts, so
that its circuit opens. Prints every pair, and the median fall with its spread. About five minutes, on a quiet machine.

usage: bench/hostile.py [--program PROGRAM] [--pairs N] [--images N]
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import time

import hosts
from hosts import harness

STORE = "S00339218"
HANGING = 200
HOSTS = 8
TARGET_PERCENT = 2  # of the rate that may be lost; more than 10 is a fault


def rate(service, host, tag, images):
    """Images/s of one job on the healthy host, from the submission to the stored result of its last image."""
    names = [p.name for p in sorted(harness.PHOTOS.iterdir())]
    urls = host.urls(names, tag, -(-images // len(names)))[:images]
    began = time.monotonic()
    end = service.wait_for_end(service.submit([harness.visit(STORE, urls)]))
    seconds = time.monotonic() - began
    if end["status"] != "completed":
        raise AssertionError(f"a healthy image failed: {end}")
    if sum(requests for requests, _ in host.served(urls)) != images:
        raise AssertionError("not every image was fetched once")
    return images / seconds


def beside_hanging(service, measure):
    hanging = hosts.HangingHosts(HOSTS)
    try:
        urls = [f"{url}/{n}.jpg" for url in hanging.urls for n in range(HANGING // HOSTS)]
        job = service.submit([harness.visit(STORE, urls)])
        harness.wait_for(lambda: hanging.hanging == HANGING, f"{HANGING} connections to hang")
        found = measure()
        if hanging.hanging != HANGING or service.status(job)["images"]["done"] != 0:
            raise AssertionError("not all connections hung until the end")
    finally:
        hanging.close()
    service.wait_for_end(job)
    return found


def beside_dead(service, measure):
    with harness.SilentHost() as dead:
        urls = [f"http://127.0.0.9:{dead.port}/{n}.jpg" for n in range(10_000)]
        job = service.submit([harness.visit(STORE, urls)])
        # Its circuit is open from here on, and closes in no measurement.
        harness.wait_for(lambda: service.get("/readyz")[1]["fetches"] == 0, "the circuit to open")
        found = measure()
        if service.status(job)["status"] != "ongoing":
            raise AssertionError("the dead host's job ended before the measurement did")
        return found


def pairs(what, flags, beside, arguments, host):
    """Each pair in the other order than the one before it. Every measurement has a service of its own, so that none inherits anything."""
    def measured(tag, situation):
        with harness.Service("--gpu-delay", "0", *flags) as service:
            rate(service, host, tag + "w", arguments.images // 10)  # threads and connections are there from here on
            return situation(service, lambda: rate(service, host, tag, arguments.images))

    falls = []
    print(f"\n{what}\n{'pair':>4} {'alone images/s':>15} {'beside images/s':>16} {'fall %':>8}")
    for n in range(arguments.pairs):
        order = [("alone", lambda _, measure: measure()), (beside.__name__, beside)]
        found = {name: measured(f"{name}{n}", situation) for name, situation in (order if n % 2 == 0 else order[::-1])}
        falls.append(100 * (1 - found[beside.__name__] / found["alone"]))
        print(f"{n + 1:>4} {found['alone']:>15.0f} {found[beside.__name__]:>16.0f} {falls[-1]:>8.1f}", flush=True)
    fall = statistics.median(falls)
    print(f"median fall {fall:.1f} % (from {min(falls):.1f} to {max(falls):.1f}); target at most {TARGET_PERCENT} %: "
          f"{'holds' if fall <= TARGET_PERCENT else 'does not hold'}")
    return {"name": what, "value": round(fall, 2), "min": round(min(falls), 2), "max": round(max(falls), 2), "unit": "% of images/s",
            "target": f"<= {TARGET_PERCENT}", "holds": fall <= TARGET_PERCENT, "against": "the same job alone"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=harness.SOURCE / "build/release/retail-pulse")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--images", type=int, default=30_000)
    arguments = parser.parse_args()
    harness.PROGRAM = arguments.program
    subprocess.run([harness.SOURCE / "scripts/install-deps", "build", "bench"], check=True)

    host = hosts.FastHost(harness.PHOTOS)
    try:
        rows = [pairs(f"{HANGING} connections hang on hostile hosts", ["--fetch-deadline", "10m", "--fetch-attempts", "1"], beside_hanging,
                      arguments, host),
                pairs("a job of 10,000 images on a dead host", ["--fetch-deadline", "1s"], beside_dead, arguments, host)]
    finally:
        host.close()
    commit = subprocess.run(["git", "-C", harness.SOURCE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    result = harness.SOURCE / "bench/results/hostile.json"
    result.parent.mkdir(exist_ok=True)
    result.write_text(json.dumps({"machine": f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores",
                                  "commit": commit, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
