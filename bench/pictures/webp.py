"""WebP: cwebp, gif2webp and webpmux, so that VP8, VP8L and VP8X with animation, alpha and metadata
occur.
"""

import struct

from . import Picture, noise, text_of, with_files
from .jpeg import scene
from .raster import gif, partial_frames, png


def webp(source, *flags, suffix=".ppm"):
    return with_files(
        lambda p: ["cwebp", "-quiet", "-m", "0", *flags, p[0], "-o", p[1]],
        source,
        suffixes=[suffix, ".webp"],
    )


def animated(chance, *flags):
    width, height = chance.randint(2, 200), chance.randint(2, 200)
    source = gif(chance, width, height, [(0, 0, 0, 0), *partial_frames(chance, width, height, 3)])
    return with_files(
        lambda p: ["gif2webp", "-quiet", "-m", "0", *flags, p[0], "-o", p[1]],
        source,
        suffixes=[".gif", ".webp"],
    )


def with_metadata(chance, file, what, length):
    return with_files(
        lambda p: ["webpmux", "-set", what, p[1], p[0], "-o", p[2]],
        file,
        text_of(chance, length),
        suffixes=[".webp", ".dat", ".webp"],
    )


def small(chance):
    return noise(chance, chance.randint(1, 300), chance.randint(1, 300))


def extended_without_need(chance):
    """VP8X in front of a plain VP8 picture, as some encoders write it."""
    width, height = chance.randint(1, 300), chance.randint(1, 300)
    chunks = webp(noise(chance, width, height))[12:]
    head = (
        b"VP8X"
        + struct.pack("<I", 10)
        + bytes(4)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    return b"RIFF" + struct.pack("<I", 4 + len(head) + len(chunks)) + b"WEBP" + head + chunks


def pictures():
    for n in range(18):
        yield Picture(f"lossy-{n:02}.webp", "VP8", lambda c, n=n: webp(small(c), "-q", 30 + n * 4))
    for n in range(14):
        yield Picture(f"lossless-{n:02}.webp", "VP8L", lambda c: webp(small(c), "-lossless"))
    for n in range(14):
        yield Picture(
            f"alpha-{n:02}.webp",
            "VP8X with alpha",
            lambda c: webp(png(c, c.randint(1, 200), c.randint(1, 200), 6, 8), suffix=".png"),
        )
    for n in range(14):
        yield Picture(
            f"animated-{n:02}.webp",
            "VP8X with frames",
            lambda c, n=n: animated(c, *[[], ["-lossy"], ["-mixed"]][n % 3]),
        )
    for n in range(15):
        what, length = [("icc", 3_000), ("exif", 30_000), ("xmp", 9_000)][n % 3]
        yield Picture(
            f"metadata-{n:02}.webp",
            f"VP8X with {what}",
            lambda c, n=n, w=what, l=length: with_metadata(
                c, webp(small(c), *["-lossless"] * (n % 2)), w, l
            ),
        )
    for n in range(5):
        yield Picture(
            f"metadata-animated-{n}.webp",
            "VP8X with frames and a profile",
            lambda c: with_metadata(c, animated(c), "icc", 20_000),
        )
    for n in range(8):
        yield Picture(f"extended-{n}.webp", "VP8X without need", extended_without_need)
    for n, (width, height) in enumerate([(1, 1), (16383, 1), (1, 16383), (3, 2)]):
        yield Picture(
            f"shape-{n}.webp",
            f"{width}x{height}",
            lambda c, w=width, h=height: webp(noise(c, w, h), *["-lossless"] * (w % 2)),
        )
    for n in range(10):
        yield Picture(
            f"big-{n:02}.webp",
            "photo of 0.5 to 3 MB",
            lambda c, n=n: webp(
                scene(45).cut(c, c.randint(1200, 2200), c.randint(1000, 1600)), "-q", 85 + n
            ),
        )
