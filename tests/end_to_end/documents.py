"""Markdown as docs_test.py looks at it: lines, fenced blocks, headings and links."""

import os
import re

from harness import SOURCE

NOT_OURS = {".git", "build", "node_modules", "var"}
FENCE = re.compile(r"^( *)```(.*)$")
HEADING = re.compile(r"^#{1,6} (.+)$")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ELSEWHERE = ("http://", "https://", "mailto:")


class Block:
    """Code between two fences. `line` is that of the first fence, `end` that of the last one."""

    def __init__(self, info, line):
        self.language, _, self.mode = info.partition(" ")
        self.line = line
        self.end = None
        self.text = ""


class Document:
    def __init__(self, path):
        self.path = path
        self.name = str(path.relative_to(SOURCE))
        self.lines = path.read_text().splitlines()
        self.blocks = []
        self.prose = []  # (number, line) outside of blocks
        self._read()

    def _read(self):
        block = None
        for number, line in enumerate(self.lines, 1):
            fence = FENCE.match(line)
            if fence and block is None:
                block, indent = Block(fence[2].strip(), number), len(fence[1])
                self.blocks.append(block)
            elif fence and not fence[2]:
                block.end, block = number, None
            elif block is None:
                self.prose.append((number, line))
            else:
                block.text += line[min(indent, len(line) - len(line.lstrip())) :] + "\n"
        if block is not None:
            raise AssertionError(f"{self.name}:{block.line}: a block without its end")

    def anchors(self):
        """What `#...` may name in this document, as code hosts make it from headings."""
        anchors = set()
        for _, line in self.prose:
            if not (heading := HEADING.match(line)):
                continue
            words = LINK.sub(lambda link: link[0][1 : link[0].index("]")], heading[1]).lower()
            anchor = first = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            again = 0
            while anchor in anchors:
                again += 1
                anchor = f"{first}-{again}"
            anchors.add(anchor)
        return anchors

    def links(self):
        """(line, target) of each link to a file or heading of ours."""
        for number, line in self.prose:
            for link in LINK.finditer(re.sub(r"`[^`]*`", "``", line)):
                if not link[1].startswith(ELSEWHERE):
                    yield number, link[1]

    def leads_to(self, target):
        """The file and the anchor that a link of this document names."""
        file, _, anchor = target.partition("#")
        return (self.path.parent / file).resolve() if file else self.path, anchor


def all_documents():
    """Every Markdown file of the source tree, by its path."""
    found = {}
    for folder, folders, files in os.walk(SOURCE):
        folders[:] = sorted(name for name in folders if name not in NOT_OURS)
        for name in sorted(files):
            if name.endswith(".md"):
                path = SOURCE / os.path.relpath(folder, SOURCE) / name
                found[path.resolve()] = Document(path.resolve())
    return found
