"""Prints the effect of the windows on the real program: images in flight, the latency of a 1-image
job beside a large one, and peak memory for two sizes of job. Loopback only; about a minute. It only
prints and never fails on a slow machine.

usage: scripts/bench windows
"""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/end_to_end"))
import harness  # noqa: E402

STORE = "S00339218"


def large_and_small(origin):
    with harness.Service() as service:
        began = time.monotonic()
        large = service.submit([harness.visit(STORE, origin.photo_urls(20_000, "large"))])
        small_ms = []
        while service.status(large)["images"]["done"] < 15_000:
            time.sleep(0.2)
            submitted = time.monotonic()
            service.wait_for_end(
                service.submit(
                    [harness.visit(STORE, origin.photo_urls(1, f"small{len(small_ms)}-"))]
                )
            )
            small_ms.append((time.monotonic() - submitted) * 1000)
        service.wait_for_end(large)
        seconds = time.monotonic() - began
        peak = service.get("/readyz")[1]["images_in_flight_peak"]
        small_ms.sort()
        print(
            f"20,000 images, default delay: {seconds:.1f} s, at most {peak} in flight (bound 4,096)"
        )
        print(
            f"1-image jobs meanwhile: {len(small_ms)}, median {small_ms[len(small_ms) // 2]:.0f} ms, slowest {small_ms[-1]:.0f} ms"
        )


def peak_memory_kib(origin, images):
    with harness.Service() as service:
        service.wait_for_end(
            service.submit([harness.visit(STORE, origin.photo_urls(images, f"m{images}-"))])
        )
        return service.resident_kib("VmHWM")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--program", type=pathlib.Path, default=harness.SOURCE / "build/release/retail-pulse"
    )
    harness.PROGRAM = parser.parse_args().program
    origin = harness.Origin()
    large_and_small(origin)
    small, large = (peak_memory_kib(origin, images) for images in (10_000, 50_000))
    print(
        f"peak resident memory: {small / 1024:.1f} MiB with 10,000 images, {large / 1024:.1f} MiB with 50,000, "
        f"difference {(large - small) / 1024:.1f} MiB"
    )
    origin.close()


if __name__ == "__main__":
    main()
