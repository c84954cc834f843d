"""What api/bundle makes of YAML, and what it refuses, with the line."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

BUNDLE = pathlib.Path(__file__).resolve().parents[2] / "api/bundle"
INFO = "info: { title: x, version: set by the build }\n"


def bundle(text):
    """The finished process, and what it has written, if anything."""
    with tempfile.TemporaryDirectory() as name:
        source, target = pathlib.Path(name, "openapi.yaml"), pathlib.Path(name, "openapi.json")
        source.write_text(text)
        command = [sys.executable, BUNDLE, "1.2.3", source, target]
        done = subprocess.run(command, capture_output=True, text=True)
        return done, target.read_text() if target.exists() else None


class Bundle(unittest.TestCase):
    def bundled(self, text):
        done, written = bundle(INFO + text)
        self.assertEqual(done.stderr, "")
        document = json.loads(written)
        self.assertEqual(document.pop("info"), {"title": "x", "version": "1.2.3"})
        return document

    def refused(self, text, line, *words):
        """`line` counts from the first of `text`."""
        done, written = bundle(INFO + text)
        self.assertNotEqual(done.returncode, 0)
        self.assertIsNone(written)
        for word in (f"openapi.yaml: line {line + 1}: ", *words):
            self.assertIn(word, done.stderr)

    def test_scalars_are_those_of_json(self):
        self.assertEqual(
            self.bundled("a: [1, -2.5, 1e3, true, null, no, 2026-03-09, '1', 010, 1:30, ~]\n")["a"],
            [1, -2.5, 1000.0, True, None, "no", "2026-03-09", "1", "010", "1:30", "~"],
        )

    def test_prose_is_one_line_and_keys_keep_their_order(self):
        document = self.bundled('b: >-\n  one\n  two\na: "3"\n')
        self.assertEqual(list(document.items()), [("b", "one two"), ("a", "3")])

    def test_anchors_are_resolved_and_the_common_section_is_left_out(self):
        common = "x-common:\n  count: &count { type: integer, minimum: 0 }\n"
        text = "a: *count\nb: { <<: *count, minimum: 1 }\nc: { minimum: 2, <<: *count }\n"
        self.assertEqual(
            self.bundled(common + text),
            {
                "a": {"type": "integer", "minimum": 0},
                "b": {"type": "integer", "minimum": 1},
                "c": {"minimum": 2, "type": "integer"},
            },
        )

    def test_a_reference_leads_to_what_is_there(self):
        document = self.bundled('paths:\n  /a/{b}: { x: 1 }\nc: { $ref: "#/paths/~1a~1{b}" }\n')
        self.assertEqual(document["c"], {"$ref": "#/paths/~1a~1{b}"})

    def test_a_reference_that_leads_nowhere_is_refused(self):
        self.refused('a:\n  b: { $ref: "#/components/Nobody" }\n', 2, "#/components/Nobody")
        self.refused('x-common: { a: 1 }\nb: { $ref: "#/x-common/a" }\n', 2, "#/x-common/a")
        self.refused('b: { $ref: "other.yaml#/a" }\n', 1, "other.yaml#/a")
        self.refused("b: { $ref: 1 }\n", 1, "1")

    def test_a_key_that_is_given_twice_is_refused(self):
        self.refused("a:\n  b: 1\n  c: 2\n  b: 3\n", 4, "'b' is given twice")

    def test_an_anchor_that_is_not_there_is_refused(self):
        self.refused("a: 1\nb: *nobody\n", 2, "nobody")

    def test_an_anchor_within_itself_is_refused(self):
        self.refused("a: &a\n  b: *a\n", 1, "contains itself")

    def test_a_key_that_is_not_a_string_is_refused(self):
        self.refused("a:\n  200: x\n", 2, "'200' is not a string")
        self.refused("a: { true: x }\n", 1, "'true' is not a string")
        self.refused("a:\n  ? [1]\n  : x\n", 2, "is not a string")

    def test_what_json_cannot_say_is_refused(self):
        self.refused("a:\nb: 1\n", 1, "no value")
        self.refused("a: !!binary aGFsbG8=\n", 1, "tag")
        self.refused("a: [1\n", 2)
        self.refused("a: { <<: 1 }\n", 1, "merged")


if __name__ == "__main__":
    unittest.main(verbosity=2)
