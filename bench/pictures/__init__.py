"""The pictures of the corpus, one module per family of formats. Each has `pictures()`, which yields
them; bench/make_corpus.py draws them.

A picture draws from a random stream of its own, seeded by its name, so that adding one leaves all
others as they are. What they show is noise or a blur: only their headers, their sizes and where
their bytes lie matter. Standard library, and Debian's encoders by subprocess.
"""

import random
import subprocess
import tempfile
import typing
import zlib
from pathlib import Path


class Picture(typing.NamedTuple):
    name: str  # of the file, below the corpus
    how: str  # a description of how it was made
    draw: typing.Callable[[random.Random], bytes]  # the file's content


def run(*command, given=b""):
    """The standard output of a command; raises with its standard error when it fails."""
    done = subprocess.run(
        [str(part) for part in command], input=given, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(
            f"{' '.join(str(part) for part in command)}: {done.stderr.decode(errors='replace')[-500:]}"
        )
    return done.stdout


def with_files(command, *contents, suffixes):
    """Runs `command(paths)` beside files of these contents, named by the suffixes; the last suffix
    is that of the result, which is returned.
    """
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        paths = [Path(folder) / f"{n}{suffix}" for n, suffix in enumerate(suffixes)]
        for path, content in zip(paths, contents):
            path.write_bytes(content)
        run(*command(paths))
        return paths[-1].read_bytes()


def ppm(width, height, pixels):
    return b"P6\n%d %d\n255\n" % (width, height) + pixels


def noise(chance, width, height):
    return ppm(width, height, chance.randbytes(width * height * 3))


def blur(chance, width, height):
    """A picture that compresses well: four colours, each filling a quarter."""
    colours = [chance.randbytes(3) for _ in range(4)]
    half = width // 2
    rows = [left * half + right * (width - half) for left, right in (colours[:2], colours[2:])]
    return ppm(width, height, rows[0] * (height // 2) + rows[1] * (height - height // 2))


class Scene:
    """A large photo-like picture, of which photos are cut: soft colours with grain, so that its
    JPEGs have the sizes of a camera's.
    """

    width, height = 4608, 3456

    def __init__(self, grain_percent):
        chance = random.Random(f"scene {grain_percent}")
        colours = ppm(36, 27, chance.randbytes(36 * 27 * 3))
        grain = noise(chance, self.width // 2, self.height)
        size = f"{self.width}x{self.height}!"

        def blend(paths):
            return [
                "convert",
                paths[0],
                "-filter",
                "Cubic",
                "-resize",
                size,
                "(",
                paths[1],
                "-filter",
                "Point",
                "-resize",
                size,
                ")",
                "-define",
                f"compose:args={grain_percent}",
                "-compose",
                "blend",
                "-composite",
                "-depth",
                "8",
                f"rgb:{paths[2]}",
            ]

        self.pixels = with_files(blend, colours, grain, suffixes=[".ppm", ".ppm", ".rgb"])

    def cut(self, chance, width, height):
        left, top = chance.randint(0, self.width - width), chance.randint(0, self.height - height)
        view = memoryview(self.pixels)
        starts = ((row * self.width + left) * 3 for row in range(top, top + height))
        return ppm(width, height, b"".join(view[start : start + width * 3] for start in starts))


def png_chunk(name, content):
    return (
        len(content).to_bytes(4, "big")
        + name
        + content
        + zlib.crc32(name + content).to_bytes(4, "big")
    )


def text_of(chance, length):
    """Readable filling for metadata."""
    return bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz ", k=length))
