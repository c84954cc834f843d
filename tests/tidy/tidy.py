#!/usr/bin/env python3
"""The house style, as far as a program can check it.

usage: tidy.py ROOT [CHECK...]

Prints a line "FILE:LINE: what is wrong" for each finding; exit code 1 when there is one. Checks:

columns   lines of code and prose have at most 100 columns
format    C++ is formatted as .clang-format says (`clang-format -i FILE` mends it)
phrases   the glossary's "Instead of" table: no phrase of its first column is used
constants each constant of core/limits.hpp has a user
headers   each header, script and Python file begins with a comment that says what it is for
"""

import pathlib
import re
import shutil
import subprocess
import sys

COLUMNS = 100
GLOSSARY = "docs/internals/glossary.md"
LIMITS = "src/core/limits.hpp"
CPP = {".cpp", ".hpp"}
PROSE = {".md"}
CODE = CPP | {".py", ".sh", ".cmake", ".js", ".ts", ".yaml", ".yml", ".sql", ".lua"}
# Data that is not ours to wrap: lists of one item per line, and what a tool wrote.
DATA = ("data/", "tests/fuzz/corpus/", "tests/contract/package-lock.json", "bench/results/")


NOT_OURS = {"build", "var", "node_modules", "__pycache__"}


def tracked(root):
    """The files of the repository; without git, or outside one, all but those of other programs."""
    git = shutil.which("git")
    command = [git, "-C", root, "ls-files", "-co", "--exclude-standard"]
    listed = git and subprocess.run(command, capture_output=True, text=True, check=False)
    if listed and listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:
        paths = (path.relative_to(root) for path in root.rglob("*"))
        names = [
            str(path)
            for path in paths
            if not NOT_OURS & set(path.parts) and path.parts[0] != ".git"
        ]
    return [name for name in names if not name.startswith(DATA) and (root / name).is_file()]


def text_of(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


class Tree:
    """The files that are looked at, each with its text."""

    def __init__(self, root):
        self.root = root
        self.files = {name: text_of(root / name) for name in tracked(root)}

    def with_suffix(self, suffixes):
        return {
            name: text
            for name, text in self.files.items()
            if pathlib.PurePath(name).suffix in suffixes
        }

    def scripts(self):
        """Programs without a suffix, such as scripts/test."""
        return {
            name: text
            for name, text in self.files.items()
            if not pathlib.PurePath(name).suffix and text.startswith("#!")
        }


LONG_WORD = re.compile(r"\S{60}|://")
LONG_TEXT = re.compile(r"""(["'`]).{45,}\1""")
RAW_STRING = re.compile(r'R"(\w*)\((?:.*?\)\1"|(?P<open>.*))')


def is_unbreakable(line, suffix):
    """A table row, a link, a text that a program prints: what cannot go on in the next line."""
    if suffix in PROSE and line.lstrip().startswith("|"):
        return True
    return bool(LONG_WORD.search(line) or (suffix not in PROSE and LONG_TEXT.search(line)))


def verbatim_lines(text, suffix):
    """The numbers of lines whose width is not ours: blocks of output, raw strings of SQL or JSON."""
    numbers, ends_with = set(), None
    for number, line in enumerate(text.splitlines(), 1):
        if ends_with:
            numbers.add(number)
            if ends_with in line:
                ends_with = None
        elif suffix in PROSE and line.lstrip().startswith("```"):
            ends_with = "```"
        elif suffix == ".py" and line.count('"""') == 1 and not line.lstrip().startswith('"""'):
            numbers.add(number)
            ends_with = '"""'
        elif suffix in CPP and (found := RAW_STRING.search(line)):
            numbers.add(number)
            ends_with = f'){found[1]}"' if found["open"] is not None else None
    return numbers


def columns(tree):
    looked_at = tree.with_suffix(CODE | PROSE) | tree.scripts()
    looked_at |= {
        name: text
        for name, text in tree.files.items()
        if pathlib.PurePath(name).name == "CMakeLists.txt"
    }
    for name, text in looked_at.items():
        suffix = pathlib.PurePath(name).suffix
        verbatim = verbatim_lines(text, suffix)
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) <= COLUMNS or number in verbatim or is_unbreakable(line, suffix):
                continue
            yield name, number, f"{len(line)} columns, at most {COLUMNS}"


def format(tree):  # named as the check is
    program = shutil.which("clang-format")
    if program is None:
        yield ".clang-format", 1, "clang-format is not installed (scripts/install-deps test)"
        return
    names = sorted(tree.with_suffix(CPP))
    if not names:
        return
    ended = subprocess.run(
        [program, "--dry-run", *names], cwd=tree.root, capture_output=True, text=True, check=False
    )
    seen = set()
    for match in re.finditer(r"^(\S+?):(\d+):\d+: (?:warning|error): ", ended.stderr, re.MULTILINE):
        if match[1] not in seen:  # one line for each file is enough
            seen.add(match[1])
            yield match[1], int(match[2]), "not as clang-format has it"
    if ended.returncode != 0 and not seen:
        yield ".clang-format", 1, ended.stderr.strip()


def phrases_of(glossary):
    """The first column of the table below the heading "Instead of"."""
    table = glossary.partition("\n## Instead of\n")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")][2:]
    return [phrase.strip() for row in rows for phrase in row.split(",") if phrase.strip()]


def phrases(tree):
    banned = phrases_of(tree.files.get(GLOSSARY, ""))
    if not banned:
        yield GLOSSARY, 1, 'the table "Instead of" has no phrases'
        return
    spellings = {form for phrase in banned for form in (phrase, phrase[0].upper() + phrase[1:])}
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, sorted(spellings))) + r")\b")
    for name, text in (tree.with_suffix(CODE | PROSE) | tree.scripts()).items():
        if name == GLOSSARY or name.startswith("tests/tidy/"):  # which have to quote them
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for match in pattern.finditer(line):
                yield name, number, f'"{match[1]}": see "Instead of" in {GLOSSARY}'


def constants(tree):
    text = tree.files.get(LIMITS, "")
    names = re.findall(r"^inline constexpr [^=;]*?(\w+)\s*(?:=|\{)", text, re.MULTILINE)
    if not names:
        yield LIMITS, 1, "no constants found"
    product = {
        name: text for name, text in tree.with_suffix(CPP).items() if not name.startswith("tests/")
    }
    words = {}
    for text_of_one in product.values():
        for word in re.findall(r"\w+", re.sub(r"//.*", "", text_of_one)):
            words[word] = words.get(word, 0) + 1
    for name in names:
        if words.get(name, 0) < 2:
            line = text[: text.index(name)].count("\n") + 1
            yield LIMITS, line, f"{name} has no user"


def headers(tree):
    for name, text in tree.with_suffix({".hpp"}).items():
        if "//" not in text:
            yield name, 1, "no comment says what this header is for"
    for name, text in tree.scripts().items():
        lines = text.splitlines()[1:4]
        if not any(line.startswith(("#", '"""')) for line in lines):
            yield name, 2, "a script begins with a comment on its use"
    for name, text in tree.with_suffix({".py"}).items():
        if text.strip() and not re.match(r'(#!.*\n)?("""|#)', text):
            yield name, 1, "a Python file begins with a docstring"


CHECKS = {check.__name__: check for check in (columns, format, phrases, constants, headers)}


def main(arguments):
    if not arguments or any(name not in CHECKS for name in arguments[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    tree = Tree(pathlib.Path(arguments[0]))
    if not tree.files:
        print(f"tidy: no files below {arguments[0]}", file=sys.stderr)
        return 2
    findings = 0
    for name in arguments[1:] or CHECKS:
        for file, line, what in CHECKS[name](tree):
            print(f"{file}:{line}: {what}")
            findings += 1
    print(f"tidy: {len(tree.files)} files, {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
