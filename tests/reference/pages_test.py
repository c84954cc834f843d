"""What pages.py must not let pass."""

import contextlib
import io
import json
import pathlib
import stat
import sys
import tempfile
import unittest
from unittest import mock

import pages

SETTING = {
    "topic": "API",
    "flag": "port",
    "variable": "RETAIL_PULSE_PORT",
    "other_variable": "PORT",
    "default": "8080",
    "is_value": True,
    "bounds": "0 to 9",
    "meaning": "port | of --fetch full",
    "choices": "",
    "notes": "One. Two.",
}
DATA = {
    "settings": [SETTING],
    "errors": [{"code": "timed_out", "sentence": "Late", "retried": True, "meaning": "Late."}],
    "statuses": {"client_errors": [408], "server_errors_not": [501]},
    "limits": [{"topic": "T", "rows": [{"what": "w", "limit": "1", "beyond": "`400`"}]}],
}
PROBLEM = {"title": "Not Found", "status": 404, "code": "not_found", "detail": "nothing here"}


def document(code="not_found"):
    answer = {"content": {"application/problem+json": {"example": PROBLEM}}}
    operation = {
        "operationId": "get",
        "tags": ["t"],
        "summary": "Get it",
        "responses": {"404": answer},
    }
    schemas = {
        "ProblemCode": {"enum": [code]},
        "TurnedDown": {"properties": {"code": {"enum": []}}},
    }
    return {
        "tags": [{"name": "t", "description": "Things"}],
        "paths": {"/a": {"get": operation}},
        "components": {"responses": {}, "schemas": schemas},
        "webhooks": {},
    }


class Pages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.program = self.folder / "program"
        self.program.write_text(f"#!{sys.executable}\nprint({json.dumps(json.dumps(DATA))})\n")
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def run_pages(self, task, described):
        """The message of the exit, if any."""
        file = self.folder / "openapi.json"
        file.write_text(json.dumps(described))
        with mock.patch.object(pages, "FOLDER", self.folder / "reference"), mock.patch.object(
            sys, "argv", ["pages.py", task, str(self.program), str(file)]
        ), contextlib.redirect_stderr(io.StringIO()):
            try:
                pages.main()
            except SystemExit as end:
                return end.code
        return None

    def test_what_is_written_passes_and_what_is_changed_or_missing_does_not(self):
        self.assertIn("docs/reference/api.md", self.run_pages("check", document()))
        self.assertIsNone(self.run_pages("write", document()))
        self.assertIsNone(self.run_pages("check", document()))
        file = self.folder / "reference/configuration.md"
        file.write_text(file.read_text().replace("8080", "8081"))
        self.assertEqual(
            self.run_pages("check", document()),
            "docs/reference/configuration.md: not what the program says; run scripts/reference",
        )

    def test_rows_are_markdown(self):
        self.assertIsNone(self.run_pages("write", document()))
        text = (self.folder / "reference/configuration.md").read_text()
        self.assertIn("| `RETAIL_PULSE_PORT`, `PORT` | `8080` | port \\| of `--fetch full` |", text)
        self.assertIn("- `--port`:\n  One.\n  Two.\n", text)

    def test_a_code_without_an_example_fails(self):
        self.assertIn("nobody", self.run_pages("write", document(code="nobody")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
