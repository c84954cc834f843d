"""Runs every example of README.md and docs/ against the real program, and checks their links.

A block of commands says after `sh` what happens to it:
  service          starts what the page's other examples need: image host and service
  tested           is run; a block of json or text right below it is its output
  tested until-finished   is run until the job that it shows has ended
  not run: REASON  is not run, because of that
A page without a service that links to README's first job gets README's service and that job before
its own examples.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from documents import all_documents
from harness import PROGRAM, SOURCE, wait_for

README = SOURCE / "README.md"
INDEX = SOURCE / "docs/README.md"
FIRST_JOB = "README.md#first-job"  # where README's first example stands
LANGUAGES = {"sh", "json", "text", "python", "toml", "cpp"}
COLUMNS = 100
README_LINES = 150
PORTS = (
    8080,
    8081,
    8082,
)  # in the documents: of the service, the image host, the receiver of webhooks

DOCUMENTS = all_documents()
PAGES = [
    page for page in DOCUMENTS.values() if page.path == README or page.name.startswith("docs/")
]


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for free in held:
        free.bind(("127.0.0.1", 0))
    ports = [free.getsockname()[1] for free in held]
    for free in held:
        free.close()
    return ports


class Machine:
    """A folder, free ports in place of the documents' own, and the processes that a page starts."""

    def __init__(self):
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.url = f"http://127.0.0.1:{self.ports[8080]}"
        self.environment = os.environ | {
            "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
            "RETAIL_PULSE_PORT": str(self.ports[8080]),
            "RETAIL_PULSE_LOG_FILE": "service.log",
        }
        self.service = None
        self.exports = []  # lines of earlier examples that later ones of the same terminal rely on

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        (self.folder / "data").symlink_to(SOURCE / "data")
        (self.folder / "build").mkdir()
        (self.folder / "build/release").symlink_to(PROGRAM.parent)
        return self

    def command(self, text):
        for shown, port in self.ports.items():
            text = re.sub(rf"\b{shown}\b", str(port), text)
        return text

    def start(self, block):
        self.service = subprocess.Popen(
            ["bash", "-c", self.command(block.text)],
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self.is_ready, "the service of the page to be ready")
        wait_for(self.has_images, "the image host of the page to listen")

    def is_ready(self):
        try:
            return self.get("/readyz")["status"] == "ready"
        except (urllib.error.URLError, ConnectionError):
            return False

    def has_images(self):
        with socket.socket() as trying:
            return trying.connect_ex(("127.0.0.1", self.ports[8081])) == 0

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return json.load(answer)

    def run(self, block):
        text = self.command("".join(self.exports) + block.text)
        done = subprocess.run(
            ["bash", "-c", text],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.exports += re.findall(r"^export .*\n", block.text, re.M)
        return done.returncode, done.stdout, done.stderr

    def is_idle(self):
        return self.get("/readyz")["jobs_ongoing"] == 0

    def __exit__(self, *_):
        if self.service:
            os.killpg(self.service.pid, signal.SIGTERM)
            self.service.wait()
        self._folder.cleanup()


def varies(key):
    """Members whose values are gauges of load, milliseconds or bytes received."""
    return key.startswith("images_in_flight") or key.endswith("_ms") or key == "bytes"


def same(shown, given):
    """Whether an answer is the one shown; "..." stands for any text, 0.0 for any fraction."""
    if shown == "...":
        return isinstance(given, str)
    if shown == 0.0 and isinstance(shown, float):
        return isinstance(given, (int, float))
    if isinstance(shown, dict):
        return (
            isinstance(given, dict)
            and list(shown) == list(given)
            and all(varies(key) or same(shown[key], given[key]) for key in shown)
        )
    if isinstance(shown, list):
        return isinstance(given, list) and len(shown) == len(given) and all(map(same, shown, given))
    return shown == given


def same_text(shown, given):
    """As `same`, for lines; "..." stands for any text, a job may have any number, and columns any
    width.
    """
    shown, given = (re.sub(" {2,}", "  ", text) for text in (shown, given))
    pattern = re.escape(shown).replace(r"\.\.\.", ".*")
    return re.fullmatch(re.sub(r"\bjob\\ \d+", r"job\\ \\d+", pattern), given) is not None


class Examples(unittest.TestCase):
    def test_every_example_answers_what_its_page_shows(self):
        for page in PAGES:
            if any(block.mode.startswith("tested") for block in page.blocks):
                with self.subTest(page.name), Machine() as machine:
                    self.run_page(page, machine)

    def run_page(self, page, machine):
        blocks = page.blocks
        own = [block for block in blocks if block.mode == "service"]
        if own:
            machine.start(own[0])
        elif any(target.endswith(FIRST_JOB) for _, target in page.links()):
            self.run_first_job(machine)
        for position, block in enumerate(blocks):
            if not block.mode.startswith("tested"):
                continue
            output = blocks[position + 1] if position + 1 < len(blocks) else None
            if output and (output.line != block.end + 1 or output.language not in ("json", "text")):
                output = None
            with self.subTest(f"{page.name}:{block.line}"):
                self.run_example(block, output, machine)

    def run_first_job(self, machine):
        blocks = DOCUMENTS[README].blocks
        machine.start(next(block for block in blocks if block.mode == "service"))
        machine.run(next(block for block in blocks if block.mode.startswith("tested")))
        wait_for(machine.is_idle, "the first job to end")

    def run_example(self, block, output, machine):
        if block.mode == "tested until-finished":

            def has_ended():
                return json.loads(machine.run(block)[1])["status"] != "ongoing"

            wait_for(has_ended, "the job of the example to end")
            wait_for(machine.is_idle, "the service to be idle")
        code, given, errors = machine.run(block)
        if output is None:
            self.assertEqual(code, 0, errors)
        elif output.language == "text":
            shown = machine.command(output.text)
            self.assertTrue(same_text(shown, given), f"shown {shown}\ngiven {given}{errors}")
        else:
            shown = json.loads(machine.command(output.text))
            self.assertTrue(same(shown, json.loads(given)), f"shown {shown}\ngiven {given}{errors}")

    def test_every_block_is_run_or_says_why_it_is_not(self):
        for page in DOCUMENTS.values():
            for block in page.blocks:
                with self.subTest(f"{page.name}:{block.line}"):
                    self.assertIn(block.language, LANGUAGES)
                    if block.language != "sh":
                        self.assertEqual(block.mode, "")
                    elif page in PAGES:
                        self.assertRegex(
                            block.mode, r"^(service|tested( until-finished)?|not run: .+)$"
                        )
                    else:
                        self.assertRegex(block.mode, r"^not run: .+$")


class Links(unittest.TestCase):
    def test_every_link_leads_to_a_file_and_a_heading(self):
        for page in DOCUMENTS.values():
            for line, target in page.links():
                with self.subTest(f"{page.name}:{line}: {target}"):
                    file, anchor = page.leads_to(target)
                    self.assertTrue(file.exists(), "there is no such file")
                    if anchor:
                        self.assertIn(anchor, DOCUMENTS[file].anchors())

    def test_every_page_is_reached_from_the_index(self):
        reached, waiting = {INDEX}, [INDEX]
        while waiting:
            page = DOCUMENTS[waiting.pop()]
            for _, target in page.links():
                file, _ = page.leads_to(target)
                if file in DOCUMENTS and file not in reached:
                    reached.add(file)
                    waiting.append(file)
        self.assertEqual([page.name for page in PAGES if page.path not in reached], [])


class Lines(unittest.TestCase):
    def test_no_line_is_wider_than_the_limit(self):
        """But for rows of tables, which cannot be folded, and lines of a single word, such as a
        URL.
        """
        for page in DOCUMENTS.values():
            for number, line in enumerate(page.lines, 1):
                if len(line) > COLUMNS and not line.startswith("|") and len(line.split()) > 2:
                    with self.subTest(f"{page.name}:{number}"):
                        self.assertLessEqual(len(line), COLUMNS)

    def test_every_row_of_a_table_has_the_cells_of_its_first_row(self):
        for page in DOCUMENTS.values():
            cells = 0
            for number, line in page.prose:
                if not line.lstrip().startswith("|"):
                    cells = 0
                    continue
                given = len(re.findall(r"(?<!\\)\|", line))
                cells = cells or given
                with self.subTest(f"{page.name}:{number}"):
                    self.assertEqual(given, cells)

    def test_the_readme_is_short(self):
        self.assertLessEqual(len(DOCUMENTS[README].lines), README_LINES)


class Comparison(unittest.TestCase):
    def test_another_answer_is_not_the_same(self):
        self.assertTrue(same({"a": "...", "b": [1]}, {"a": "x", "b": [1]}))
        self.assertTrue(same({"a": 0.0}, {"a": 7.5}))
        for other in (
            {"a": "x"},
            {"a": "x", "b": [2]},
            {"a": 1, "b": [1]},
            {"a": "x", "b": [1], "c": 1},
        ):
            self.assertFalse(same({"a": "...", "b": [1]}, other))
        self.assertTrue(same_text("job 1 ends at ...\n", "job 23 ends at noon (UTC)\n"))
        for other in (
            "job 1 ends at noon",
            "job 1 ends at\nnoon\n",
            "job x ends at noon\n",
            "a job 1 ends at noon\n",
        ):
            self.assertFalse(same_text("job 1 ends at ...\n", other))


if __name__ == "__main__":
    unittest.main(verbosity=2)
