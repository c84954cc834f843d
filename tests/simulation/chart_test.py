"""What a browser makes of the page of `retail-pulse simulate --html`."""

import html.parser
import os
import re
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["PROGRAM_UNDER_TEST"]


class Tags(html.parser.HTMLParser):
    """Names of elements, with how many of them end."""

    def __init__(self):
        super().__init__()
        self.begun, self.ended = [], []

    def handle_starttag(self, tag, attributes):
        self.begun.append(tag)

    def handle_endtag(self, tag):
        self.ended.append(tag)


class Chart(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.page = os.path.join(cls.folder.name, "world.html")
        words = ["simulate", "--seed", "9", "--trace", "--html", cls.page]
        cls.trace = subprocess.run(
            [PROGRAM, *words], check=True, capture_output=True, text=True
        ).stdout

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def drawn(self, fragment=""):
        """The document after its script has run."""
        return subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--window-size=1200,800",
                f"--user-data-dir={self.folder.name}/profile",
                "--virtual-time-budget=5000",
                "--dump-dom",
                f"file://{self.page}{fragment}",
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=240,
        ).stdout

    def test_it_is_well_formed(self):
        tags = Tags()
        with open(self.page, encoding="utf-8") as page:
            tags.feed(page.read())
        tags.close()
        with_end = [tag for tag in tags.begun if tag not in ("meta", "input")]
        self.assertEqual(sorted(with_end), sorted(tags.ended))

    def test_a_browser_draws_the_story(self):
        shown = self.drawn()
        messages = len(re.findall(r"^ +[0-9.]+ s +[0-9]+  .{12} <- ", self.trace, re.MULTILINE))
        self.assertGreater(messages, 100)
        self.assertIn("Seed 9: every invariant holds</h1>", shown)
        self.assertIn(f"{messages:,} messages</span>", shown)
        self.assertGreater(shown.count('class="row'), 20)
        self.assertLess(shown.count('class="row'), 200)  # only those in sight
        self.assertIn('class="flight', shown)

    def test_a_link_to_a_step_shows_what_led_to_it(self):
        step = re.search(r"s +([0-9]+)  image +<- order", self.trace).group(1)
        shown = self.drawn(f"#step={step}")
        self.assertIn('class="row  picked"', shown)
        self.assertIn('class="to-cause"', shown)
        self.assertIn('class="to-effect"', shown)

    def test_a_page_that_cannot_be_written_is_refused(self):
        done = subprocess.run(
            [PROGRAM, "simulate", "--seed", "9", "--html", self.folder.name],
            capture_output=True,
            text=True,
        )
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("cannot be written", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
