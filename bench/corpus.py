"""Compares `--fetch header` with full decoders (answers, bytes read) and with probe-image-size
(speed).

Runs the real program on every file of the corpus (bench/make_corpus.py), served by nginx on
loopback. Exit code 1 when an answer differs from the one of an independent decoder. Writes
bench/results/corpus.json. Takes some minutes.

usage: scripts/bench corpus [--corpus FOLDER] [--rounds N]
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

import hosts
from hosts import harness

BENCH = pathlib.Path(__file__).resolve().parent

STORE = "S00339218"
RANGE_BYTES = 16_384  # one range of header mode
LARGE_BYTES = 1_000_000  # a larger JPEG counts as large
MOST_SHARE_PERCENT = 2  # of large JPEGs' bytes that header mode may read
LEAST_ROUND_S = 3  # shorter rounds vary too much
PROBE_SETTINGS = [
    (processes, concurrency) for processes in (1, 2) for concurrency in (16, 32, 64, 128)
]

Answer = collections.namedtuple("Answer", "format width height bytes code")
Round = collections.namedtuple(
    "Round", "seconds answers served"
)  # `served`: (requests, bytes) per image


def paths(files):
    return [each["path"] for each in files]


def by_service(mode, host, urls):
    """Runs one job of these images on a new service, from the submission until every result is
    stored.
    """
    with harness.Service("--fetch", mode, "--gpu-delay", "0") as service:
        began = time.monotonic()
        service.wait_for_end(service.submit([harness.visit(STORE, urls)]))
        seconds = time.monotonic() - began
        with service.copied_database() as database:
            rows = database.execute(
                "SELECT format, width, height, bytes, code FROM images ORDER BY image_no"
            ).fetchall()
    served = host.served(urls)
    if mode == "full" and any(requests != 1 for requests, _ in served):
        raise AssertionError("full mode asked more than once for an image")
    return Round(seconds, [Answer(*row) for row in rows], served)


def by_probe(processes, concurrency, host, urls):
    """Measures from the start signal to the last answer; the start of node does not count."""
    shares = [urls[n::processes] for n in range(processes)]
    running = []
    for share in shares:
        node = subprocess.Popen(
            ["node", str(BENCH / "probe/measure.js"), str(concurrency // processes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        node.stdin.write("\n".join(share) + "\n\n")
        node.stdin.flush()
        running.append(node)
    for node in running:
        assert node.stdout.readline() == "ready\n"
    began = time.monotonic()
    for node in running:
        node.stdin.write("go\n")
        node.stdin.flush()
    for node in running:
        assert node.stdout.readline() == "done\n"
    seconds = time.monotonic() - began
    answers = [None] * len(urls)
    for n, node in enumerate(running):
        answers[n::processes] = json.loads(node.stdout.readline())
        node.communicate()
    served = host.served(urls)
    if any(requests != 1 for requests, _ in served):
        raise AssertionError("probe-image-size asked more than once for an image")
    return Round(seconds, answers, served)


# --- what is printed ----------------------------------------------------------------------------


def table(head, rows):
    widths = [max(len(str(row[n])) for row in [head, *rows]) for n in range(len(head))]
    for row in [head, *rows]:
        print(
            "  ".join(
                str(cell).ljust(width) if n == 0 else str(cell).rjust(width)
                for n, (cell, width) in enumerate(zip(row, widths))
            ).rstrip()
        )
    print()


def compare(mode, files, answers):
    """Prints every answer that differs from the decoder's, and returns their number."""
    wrong = 0
    for each, answer in zip(files, answers):
        expected = each.get("code") or (each["format"], each["width"], each["height"])
        if expected == (answer.code or (answer.format, answer.width, answer.height)):
            continue
        wrong += 1
        print(
            f"{mode}: {each['path']} ({each['how']}): expected {expected}, "
            f"answered {answer.code or f'{answer.format} {answer.width}x{answer.height}'}"
        )
    return wrong


def bytes_row(name, files, round_):
    """A table row for these files, which `round_` has measured in this order."""
    read = [answer.bytes for answer in round_.answers]
    total = sum(each["bytes"] for each in files)
    requests = [requests for requests, _ in round_.served]
    return (
        name,
        len(files),
        f"{total:,}",
        f"{statistics.median(read):,.0f}",
        f"{max(read):,}",
        f"{100 * sum(read) / total:.2f} %",
        f"{statistics.median(requests):.0f}",
        max(requests),
    )


def only(keep, files, round_):
    kept = [n for n, each in enumerate(files) if keep(each)]
    return [files[n] for n in kept], Round(
        round_.seconds, [round_.answers[n] for n in kept], [round_.served[n] for n in kept]
    )


class Results:
    """The rows of bench/results/corpus.json."""

    def __init__(self):
        self.rows = []

    def add(self, name, values, unit, target=None, holds=None, against=None):
        values = values if isinstance(values, list) else [values]
        rounded = [
            round(value, 4) for value in (statistics.median(values), min(values), max(values))
        ]
        self.rows.append(
            dict(
                zip(("value", "min", "max"), rounded),
                name=name,
                unit=unit,
                target=target,
                holds=holds,
                against=against,
            )
        )

    def write(self, path, **about):
        keys = ("name", "value", "min", "max", "unit", "target", "holds", "against")
        path.parent.mkdir(exist_ok=True)
        rows = ",\n  ".join(json.dumps({key: row[key] for key in keys}) for row in self.rows)
        path.write_text(
            f'{{"made_by": "bench/corpus.py", "about": {json.dumps(about)},\n "rows": [\n  {rows}\n ]}}\n'
        )


# --- the three parts ----------------------------------------------------------------------------


def correctness(host, files, results):
    print(
        f"Answers: {len(files)} files, one job per mode; right is what the file's decoder says after its last pixel, or that a CR2 is refused."
    )
    rounds = {
        mode: by_service(mode, host, host.urls(paths(files), mode)) for mode in ("header", "full")
    }
    wrong = 0
    for mode, round_ in rounds.items():
        differences = compare(mode, files, round_.answers)
        wrong += differences
        print(f"{mode}: {len(files) - differences} of {len(files)} right, {differences} differ")
        results.add(
            f"answers that differ from a full decode, --fetch {mode}",
            differences,
            "files",
            "0",
            differences == 0,
            "libjpeg-turbo, ImageMagick, libwebp, libheif, libavif, dcraw",
        )
    received = sum(answer.bytes for answer in rounds["header"].answers)
    sent = sum(sent for _, sent in rounds["header"].served)
    print(f"header: {received:,} bytes by the service's count, {sent:,} by the host's\n")
    return wrong, rounds["header"]


def cost(files, header, results):
    print(
        f"Bytes read in header mode. One range is {RANGE_BYTES:,} bytes; a file that is shorter is read by one request too."
    )
    head = (
        "format",
        "files",
        "bytes of all",
        "read, median",
        "read, most",
        "read of all",
        "requests, median",
        "most",
    )
    formats = list(dict.fromkeys(each["format"] for each in files))
    rows = [
        bytes_row(name, *only(lambda each, name=name: each["format"] == name, files, header))
        for name in formats
    ]
    large_files, large = only(
        lambda each: each["format"] == "jpeg" and each["bytes"] >= LARGE_BYTES, files, header
    )
    rows += [
        bytes_row("all", files, header),
        bytes_row("JPEG of 1 MB and more", large_files, large),
    ]
    table(head, rows)
    read = [answer.bytes for answer in large.answers]
    share = 100 * sum(read) / sum(each["bytes"] for each in large_files)
    median = statistics.median(read)
    one_range, small_share = median <= RANGE_BYTES, share <= MOST_SHARE_PERCENT
    said = {True: "holds", False: "MISSED"}
    print(
        f"JPEG of 1 MB and more: median {median:,.0f} bytes (target: one range of {RANGE_BYTES:,}: {said[one_range]}), "
        f"{share:.2f} % of all their bytes (target: at most {MOST_SHARE_PERCENT} %: {said[small_share]})\n"
    )
    results.add("JPEG of 1 MB and more: files", len(large_files), "files")
    results.add(
        "JPEG of 1 MB and more: bytes read of one",
        read,
        "bytes",
        f"median at most {RANGE_BYTES}",
        one_range,
    )
    results.add(
        "JPEG of 1 MB and more: bytes read of all",
        share,
        "%",
        f"at most {MOST_SHARE_PERCENT}",
        small_share,
    )


def passes_for_a_round(host, files):
    passes = 4
    while True:
        seconds = by_service(
            "header", host, host.urls(paths(files), f"warm{passes}-", passes)
        ).seconds
        if seconds >= LEAST_ROUND_S:
            return passes
        passes = max(passes + 1, int(passes * LEAST_ROUND_S * 1.2 / seconds) + 1)


def best_probe(host, files):
    """The fastest setting of probe-image-size, and the better rate of two tries with each."""
    rates = collections.Counter()
    for attempt in range(2):
        for setting in PROBE_SETTINGS:
            urls = host.urls(paths(files), f"tune{attempt}-{setting[0]}-{setting[1]}-", 3)
            rates[setting] = max(rates[setting], len(urls) / by_probe(*setting, host, urls).seconds)
    return max(rates, key=rates.get), rates


def speed(host, files, rounds, version, results):
    passes = passes_for_a_round(host, files)
    (processes, concurrency), tried = best_probe(host, files)
    probe = f"probe-image-size {version}"
    ways = {
        "--fetch header": lambda urls: by_service("header", host, urls),
        "--fetch full": lambda urls: by_service("full", host, urls),
        probe: lambda urls: by_probe(processes, concurrency, host, urls),
    }
    measured = {way: [] for way in ways}
    count = len(files) * passes
    for n in range(rounds):
        urls = host.urls(paths(files), f"round{n}-", passes)
        for way, run in ways.items():
            print(f"round {n + 1} of {rounds}: {way}", file=sys.stderr)
            measured[way].append(run(urls))

    print(
        f"Speed: {count:,} images a round ({passes} times the corpus, every image under its own URL), {rounds} rounds, in turn; the same URLs\n"
        f"and the same nginx for all. The service: from the submission of one job until every result is stored. probe-image-size: keep-alive\n"
        f"agent, from the start signal to the last answer, at its best setting of those below. Bytes: what the host handed to its sockets;\n"
        f"probe-image-size gives a download up as soon as it knows the size, and the connection with it.\n"
    )
    table(
        ("probe-image-size, processes x images at once", *(f"{p} x {c // p}" for p, c in tried)),
        [("images/s", *(f"{rate:,.0f}" for rate in tried.values()))],
    )
    head = (
        "way",
        "images/s, median",
        "min",
        "max",
        "bytes per image",
        "MB per round",
        "requests per image",
    )
    rows = []
    rates = {way: [count / each.seconds for each in found] for way, found in measured.items()}
    for way, found in measured.items():
        sent = statistics.median(sum(sent for _, sent in each.served) for each in found)
        requests = sum(requests for each in found for requests, _ in each.served) / count / rounds
        name = f"{way}, {processes} x {concurrency // processes}" if way == probe else way
        speeds = [f"{f(rates[way]):,.0f}" for f in (statistics.median, min, max)]
        rows.append(
            (name, *speeds, f"{sent / count:,.0f}", f"{sent / 1e6:,.0f}", f"{requests:.2f}")
        )
        results.add(f"{way}: images per second", rates[way], "images/s")
        results.add(
            f"{way}: bytes sent per image",
            [sum(sent for _, sent in each.served) / count for each in found],
            "bytes",
        )
    table(head, rows)
    against = (
        f"{probe}, keep-alive, processes x images at once: {processes} x {concurrency // processes}"
    )
    for way in list(ways)[:2]:
        ratios = [ours / theirs for ours, theirs in zip(rates[way], rates[probe])]
        print(
            f"{way}: {statistics.median(ratios):.2f} times the speed of {probe} ({min(ratios):.2f} to {max(ratios):.2f})"
        )
        is_header = way == "--fetch header"
        results.add(
            f"{way}: speed as a multiple",
            ratios,
            "times",
            "more than 1" if is_header else None,
            statistics.median(ratios) > 1 if is_header else None,
            against,
        )
    print()
    answers_of_probe(files, measured[probe][0].answers[: len(files)], probe, results)


def answers_of_probe(files, answers, probe, results):
    differ, failed = collections.Counter(), collections.Counter()
    for each, answer in zip(files, answers):
        if "code" in each:
            continue
        if not isinstance(answer, list):
            failed[each["format"]] += 1
        elif answer != [each["width"], each["height"]]:
            differ[each["format"]] += 1
    print(
        f"Answers of {probe} beside the decoders'. Its sizes are meant before turning and cropping."
    )
    formats = list(dict.fromkeys(each["format"] for each in files))
    table(
        ("format", *formats),
        [
            ("differs", *(differ[each] for each in formats)),
            ("no answer", *(failed[each] for each in formats)),
        ],
    )
    results.add(f"{probe}: answers that differ from a full decode", differ.total(), "files")
    results.add(f"{probe}: no answer", failed.total(), "files")


def prepare(arguments):
    harness.PROGRAM = arguments.program
    if not (arguments.corpus / "manifest.json").exists():
        subprocess.run([sys.executable, BENCH / "make_corpus.py", arguments.corpus], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--corpus",
        type=pathlib.Path,
        default=BENCH.parent / "build/corpus",
        help="made when it is missing (build/corpus)",
    )
    parser.add_argument(
        "--program", type=pathlib.Path, default=harness.SOURCE / "build/release/retail-pulse"
    )
    parser.add_argument("--rounds", type=int, default=5, help="of the comparison of speeds (5)")
    arguments = parser.parse_args()
    prepare(arguments)
    files = json.loads((arguments.corpus / "manifest.json").read_text())["files"]
    version = json.loads((BENCH / "probe/package.json").read_text())["dependencies"][
        "probe-image-size"
    ]
    results, load = Results(), os.getloadavg()[0]
    with contextlib.closing(hosts.FastHost(arguments.corpus)) as host:
        wrong, header = correctness(host, files, results)
        cost(files, header, results)
        speed(host, files, arguments.rounds, version, results)
    node = subprocess.run(
        ["node", "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    results.write(
        BENCH / "results/corpus.json",
        cores=os.cpu_count(),
        machine=platform.machine(),
        load_before=round(load, 2),
        files=len(files),
        bytes=sum(each["bytes"] for each in files),
        node=node,
        rounds=arguments.rounds,
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
