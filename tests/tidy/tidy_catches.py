#!/usr/bin/env python3
"""Plants one fault after the other in a small tree, and fails when tidy.py lets one through."""

import pathlib
import shutil
import sys
import tempfile

import tidy

CLEAN = {
    ".clang-format": "BasedOnStyle: Google\nColumnLimit: 100\n",
    "docs/internals/glossary.md": "# Glossary\n\n## Instead of\n\n| not | but |\n|---|---|\n| a wish about, layer 1 | a request |\n",
    "src/core/limits.hpp": "// core: bounds.\n#pragma once\ninline constexpr int images = 3;\n"
    "inline constexpr int jobs = images;\n",
    "src/core/user.cpp": "int used() { return jobs; }\n",
    "run/start": "#!/bin/sh\n# usage: start\n",
    "tool.py": '"""What it is for."""\n',
    "src/core/sql.cpp": 'auto statement = R"sql(\n  SELECT ' + "a, " * 40 + '1)sql";\n',
    "README.md": "Short.\n\n```\n" + "x" * 150 + "\n```\n\n| " + "a table " * 20 + "|\n",
}
PLANTED = [
    ("columns", "src/core/long.cpp", "// " + "word " * 20 + "\n"),
    ("columns", "long.md", "word " * 21 + "\n"),
    ("columns", "CMakeLists.txt", "# " + "word " * 20 + "\n"),
    ("columns", "src/core/sql.cpp", 'auto a = R"(SELECT)";\n// ' + "word " * 20 + "\n"),
    ("format", "src/core/user.cpp", "int  used(){return jobs;}\n"),
    ("phrases", "src/core/user.cpp", "// A wish about a job.\nint used() { return jobs; }\n"),
    ("phrases", "guide.md", "This is layer 1 of it.\n"),
    ("constants", "src/core/user.cpp", "// jobs\n"),
    ("headers", "src/core/bare.hpp", "#pragma once\n"),
    ("headers", "run/bare", "#!/bin/sh\nexit 0\n"),
    ("headers", "bare.py", "import sys\n"),
]


def findings(root, check):
    tree = tidy.Tree(root)
    return [f"{file}:{line}: {what}" for file, line, what in tidy.CHECKS[check](tree)]


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main():
    wrong = []
    for check in tidy.CHECKS:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            write(root, CLEAN)
            wrong += [f"{check}, with nothing planted: {found}" for found in findings(root, check)]
    for check, name, text in PLANTED:
        if check == "format" and shutil.which("clang-format") is None:
            wrong.append("clang-format is not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            write(root, CLEAN | {name: text})
            found = findings(root, check)
            if not any(one.startswith(f"{name}:") or check == "constants" for one in found):
                wrong.append(f"{check} does not find what is wrong in {name}: {text!r}")
    print("\n".join(wrong) if wrong else f"{len(PLANTED)} planted faults found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
