"""Runs the README's examples against the real program and compares what it answers, JSON or text, with what the README shows."""

import json
import os
import re
import shlex
import socket
import subprocess
import tempfile
import unittest

from harness import PROGRAM, SOURCE, STORES, Service, wait_for

EXAMPLE = re.compile(r"```sh tested(?P<mode>[^\n]*)\n(?P<command>.*?)```\n```(?P<form>json|text)\n(?P<answer>.*?)```", re.S)


README = (SOURCE / "README.md").read_text()
SET_UP = re.compile(r"^python3 (?P<host>-m http\.server) 8081 (?P<host_flags>[^>]*) >.*&\nbuild/release/retail-pulse (?P<serve>serve .*)$", re.M).search(README)


class ServiceOfTheReadme(Service):
    """Started with the words of the README, but on a free port."""

    def command(self):
        return [str(PROGRAM), *shlex.split(SET_UP["serve"]), "--port", "0", "--store-master", str(STORES), "--log-file", str(self.log_file)]


class HostOfTheReadme:
    """Likewise."""

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(["python3", *SET_UP["host"].split(), str(self.port), *SET_UP["host_flags"].split()], cwd=SOURCE,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.listens, "the host of images")
        return self

    def listens(self):
        with socket.socket() as trying:
            return trying.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def same(shown, given):
    """Whether an answer is the one shown; "..." stands for any text, and gauges of load, milliseconds and bytes received may have any value."""
    if shown == "...":
        return isinstance(given, str)
    if isinstance(shown, dict):
        return isinstance(given, dict) and list(shown) == list(given) and all(
            key.startswith("images_in_flight") or key.endswith("_ms") or key == "bytes" or same(shown[key], given[key]) for key in shown)
    if isinstance(shown, list):
        return isinstance(given, list) and len(shown) == len(given) and all(map(same, shown, given))
    return shown == given


def same_text(shown, given):
    """As `same`, for lines; "..." stands for any text, and a job may have any number."""
    pattern = re.escape(shown).replace(r"\.\.\.", ".*")
    return re.fullmatch(re.sub(r"\bjob\\ \d+", r"job\\ \\d+", pattern), given) is not None


class Readme(unittest.TestCase):
    def test_every_example_answers_what_the_readme_shows(self):
        examples = list(EXAMPLE.finditer(README))
        self.assertGreaterEqual(len(examples), 4)
        with HostOfTheReadme() as origin, ServiceOfTheReadme() as service:
            for example in examples:
                with self.subTest(example["command"]):
                    self.check(example, service, origin)

    def check(self, example, service, origin):
        command = example["command"].replace("127.0.0.1:8080", f"127.0.0.1:{service.port}").replace("127.0.0.1:8081", f"127.0.0.1:{origin.port}")
        environment = os.environ | {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "RETAIL_PULSE_URL": f"http://127.0.0.1:{service.port}"}
        is_text = example["form"] == "text"

        def run():
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=not is_text, cwd=folder, env=environment)
            return done.stdout if is_text else json.loads(done.stdout)

        if is_text:
            given = run()
            return self.assertTrue(same_text(example["answer"], given), f"shown {example['answer']}\ngiven {given}")
        shown = json.loads(example["answer"])

        if "until-finished" in example["mode"]:
            wait_for(lambda: run()["status"] != "ongoing", "the job of the example to end")
            wait_for(lambda: service.get("/readyz")[1]["jobs_ongoing"] == 0, "the service to be idle")
        given = run()
        self.assertTrue(same(shown, given), f"shown {shown}\ngiven {given}")


class TableOfRequests(unittest.TestCase):
    anywhere = {"406", "415"}  # of the whole API: what a client accepts, and how it packs a body

    def told(self, method, path):
        """What the table says of a request, in one text for all rows that name it; a row may name several, and a suffix for the one before."""
        rows = [line.split("|", 2)[1:] for line in README.splitlines() if re.match(r"\| `(GET|POST) /", line)]
        names = [(request.replace("results.csv`, `.ndjson`", "results.csv`, `GET /api/jobs/{id}/results.ndjson`"), answers) for request, answers in rows]
        return " ".join(answers for request, answers in names if re.search(rf"`{method} {re.escape(path)}[?`]", request))

    def test_every_refusal_of_the_description_is_in_the_table(self):
        for path, methods in json.loads((PROGRAM.parent / "api/openapi.json").read_text())["paths"].items():
            for method, operation in methods.items():
                if not path.startswith("/api/") or method not in ("get", "post"):
                    continue
                told = self.told(method.upper(), path)
                refusals = {status for status in operation["responses"] if status.startswith("4")} - self.anywhere
                with self.subTest(f"{method} {path}"):
                    self.assertEqual({status for status in refusals if f"`{status}" not in told}, set())


class Comparison(unittest.TestCase):
    def test_another_answer_is_not_the_same(self):
        self.assertTrue(same({"a": "...", "b": [1]}, {"a": "x", "b": [1]}))
        for other in ({"a": "x"}, {"a": "x", "b": [2]}, {"a": 1, "b": [1]}, {"a": "x", "b": [1], "c": 1}):
            self.assertFalse(same({"a": "...", "b": [1]}, other))
        self.assertTrue(same_text("job 1 ends at ...\n", "job 23 ends at noon (UTC)\n"))
        for other in ("job 1 ends at noon", "job 1 ends at\nnoon\n", "job x ends at noon\n", "a job 1 ends at noon\n"):
            self.assertFalse(same_text("job 1 ends at ...\n", other))


if __name__ == "__main__":
    unittest.main(verbosity=2)
