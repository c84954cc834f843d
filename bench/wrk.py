"""Runs wrk, the load generator, and parses its output."""

import os
import pathlib
import re
import subprocess

SCRIPTS = pathlib.Path(__file__).resolve().parent / "wrk"


def _run(url, seconds, connections, script, environment):
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    if script:
        command += ["-s", str(SCRIPTS / script)]
    done = subprocess.run(
        [*command, url],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def requests_per_second(url, seconds, connections=64, script=None, **environment):
    """Successful requests per second; any other response is an error."""
    text = _run(url, seconds, connections, script, environment)
    if "Non-2xx" in text or "Socket errors" in text:
        raise AssertionError(text)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def submissions_per_second(url, seconds, connections=64, **environment):
    """Accepted one-image submissions per second, and their number. A refused one is an error."""
    text = _run(url, seconds, connections, "submissions.lua", environment)
    accepted, refused, microseconds = map(
        int, re.search(r"submissions accepted (\d+) refused (\d+) in (\d+) us", text).groups()
    )
    if refused:
        raise AssertionError(text)
    return accepted * 1e6 / microseconds, accepted
