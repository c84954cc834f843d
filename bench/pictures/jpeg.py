"""JPEG: Debian's cjpeg, jpegtran and ImageMagick encode; metadata is spliced in here, segment by
segment.
"""

import functools
import struct

from . import Picture, Scene, blur, noise, run, text_of, with_files
from .tiff import ASCII, LONG, SHORT, UNDEFINED, directory_bytes

MOST = 65_533  # bytes of content in one segment
scene = functools.cache(Scene)


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def behind_jfif(file, *segments):
    """Metadata where cameras and editors put it: behind the JFIF segment, or instead of it for
    EXIF.
    """
    at = 2
    if file[2:4] == b"\xFF\xE0":
        at += 2 + int.from_bytes(file[4:6], "big")
    return file[:at] + b"".join(segments) + file[at:]


def exif(chance, total, orientation=1, thumbnail=b""):
    """An EXIF segment of about `total` bytes: the orientation, a maker note as filling, and a
    thumbnail that is a JPEG itself.
    """
    room = total - len(thumbnail) - 200
    first = directory_bytes(
        "<",
        8,
        [(0x010F, ASCII, b"Corpus\0"), (0x0112, SHORT, [orientation]), (0x8769, LONG, [0])],
        0,
    )
    exif_at = 8 + len(first)
    detail = directory_bytes(
        "<",
        exif_at,
        [(0x9000, UNDEFINED, b"0230"), (0x927C, UNDEFINED, text_of(chance, max(room, 8)))],
        0,
    )
    thumbnail_directory_at = exif_at + len(detail) if thumbnail else 0
    first = directory_bytes(
        "<",
        8,
        [(0x010F, ASCII, b"Corpus\0"), (0x0112, SHORT, [orientation]), (0x8769, LONG, [exif_at])],
        thumbnail_directory_at,
    )
    body = b"II*\0" + struct.pack("<I", 8) + first + detail
    if thumbnail:
        length = len(
            directory_bytes(
                "<", 0, [(0x0103, SHORT, [6]), (0x0201, LONG, [0]), (0x0202, LONG, [0])], 0
            )
        )
        body += directory_bytes(
            "<",
            thumbnail_directory_at,
            [
                (0x0103, SHORT, [6]),
                (0x0201, LONG, [thumbnail_directory_at + length]),
                (0x0202, LONG, [len(thumbnail)]),
            ],
            0,
        )
        body += thumbnail
    return segment(0xE1, b"Exif\0\0" + body)


def profile(chance, total):
    """A colour profile of `total` bytes over as many segments as it takes. Its header is one; its
    tables are filling.
    """
    head = (
        struct.pack(">I", total) + b"corp" + b"\x02\x40\0\0" + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    )
    content = head + text_of(chance, total - len(head))
    most = MOST - 14
    parts = [content[at : at + most] for at in range(0, total, most)]
    return b"".join(
        segment(0xE2, b"ICC_PROFILE\0" + bytes([n + 1, len(parts)]) + part)
        for n, part in enumerate(parts)
    )


def xmp(chance, total):
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text_of(chance, total))


def extended_xmp(chance):
    """As phones keep depth maps."""
    return b"".join(
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + chance.randbytes(65_400))
        for _ in range(46)
    )


def thumbnail(chance, longest=160):
    return run("cjpeg", "-quality", "80", given=noise(chance, longest, longest * 3 // 4))


def cmyk(chance, width, height):
    return with_files(
        lambda p: ["convert", p[0], "-colorspace", "CMYK", "-strip", "-quality", "80", p[1]],
        noise(chance, width, height),
        suffixes=[".ppm", ".jpg"],
    )


# How a camera, a phone or an editor may have written a photo: name, then what comes before the
# frame header. About as often as met.
METADATA = (
    [("plain", lambda c: b"")] * 4
    + [("exif of 3 KB", lambda c: exif(c, 3_000))] * 5
    + [
        (
            "exif with a thumbnail",
            lambda c: exif(c, c.randint(8_000, 14_000), thumbnail=thumbnail(c, 128)),
        )
    ]
    * 7
    + [("exif of 60 KB with a thumbnail", lambda c: exif(c, 60_000, thumbnail=thumbnail(c)))] * 3
    + [("profile of 3 KB", lambda c: exif(c, 2_000) + profile(c, 3_144))] * 3
    + [("xmp of 8 KB", lambda c: exif(c, 4_000) + xmp(c, 8_000))] * 3
)
ENCODINGS = [
    ("baseline", []),
    ("baseline", []),
    ("optimised", ["-optimize"]),
    ("progressive", ["-progressive"]),
    ("restart markers", ["-restart", "1"]),
    ("full colour", ["-sample", "1x1"]),
]


def photo(chance, encoding, metadata, smallest_bytes=1_000_000):
    grain = chance.choice([20, 45])
    source = scene(grain).cut(chance, chance.randint(2400, 4608), chance.randint(1800, 3456))
    quality = chance.choice([75, 80, 85, 90])
    encoded = b""
    while len(encoded) < smallest_bytes:
        encoded = run("cjpeg", "-quality", quality, *encoding, given=source)
        quality += 4
    return behind_jfif(encoded, metadata(chance))


def many_small_segments(chance):
    return b"".join(
        segment(0xE0 + chance.randint(3, 12), text_of(chance, chance.randint(0, 400)))
        for _ in range(60)
    )


def pictures():
    for n in range(130):
        encoding, flags = ENCODINGS[n % len(ENCODINGS)]
        told, metadata = METADATA[n * 7 % len(METADATA)]
        yield Picture(
            f"photo-{n:03}.jpg",
            f"photo, {encoding}, {told}",
            lambda c, f=flags, m=metadata: photo(c, f, m),
        )
    for n in range(5):
        yield Picture(
            f"photo-profile-{n}.jpg",
            "photo, profile of 580 KB in 9 segments",
            lambda c: photo(c, [], lambda c: profile(c, 580_000)),
        )
    for n in range(2):
        yield Picture(
            f"photo-extended-xmp-{n}.jpg",
            "photo, extended XMP of 3 MB in 46 segments",
            lambda c: photo(c, [], extended_xmp),
        )
    for n in range(4):
        yield Picture(
            f"photo-huge-{n}.jpg",
            "photo of up to 15 MB",
            lambda c, n=n: run(
                "cjpeg",
                "-quality",
                90 + n,
                "-sample",
                "1x1",
                given=scene(45).cut(c, 3600 + 100 * n, 2700),
            ),
        )
    for n in range(4):
        yield Picture(
            f"photo-grey-{n}.jpg",
            "photo, grey",
            lambda c: run(
                "cjpeg",
                "-quality",
                "95",
                "-grayscale",
                given=scene(45).cut(c, c.randint(3000, 4608), 3000),
            ),
        )

    def small(c, *flags):
        return run("cjpeg", *flags, given=noise(c, c.randint(1, 700), c.randint(1, 700)))

    for n in range(36):
        encoding, flags = ENCODINGS[n % len(ENCODINGS)]
        yield Picture(f"small-{n:02}.jpg", f"small, {encoding}", lambda c, f=flags: small(c, *f))
    for n in range(50):
        told, metadata = METADATA[n % len(METADATA)]
        yield Picture(
            f"small-metadata-{n:02}.jpg",
            f"small, {told}",
            lambda c, m=metadata: behind_jfif(small(c), m(c)),
        )
    for n, (width, height) in enumerate(
        [
            (1, 1),
            (1, 8),
            (8, 1),
            (7, 9),
            (16, 16),
            (17, 33),
            (65500, 1),
            (1, 65500),
            (65500, 16),
            (9, 65500),
        ]
    ):
        yield Picture(
            f"shape-{n}.jpg",
            f"{width}x{height}",
            lambda c, w=width, h=height: run("cjpeg", given=blur(c, w, h)),
        )
    for n in range(12):
        yield Picture(f"grey-{n:02}.jpg", "grey", lambda c: small(c, "-grayscale"))
    for n in range(16):
        yield Picture(
            f"cmyk-{n:02}.jpg",
            "CMYK, with Adobe's segment",
            lambda c: cmyk(c, c.randint(1, 300), c.randint(1, 300)),
        )
    for n in range(16):
        yield Picture(
            f"orientation-{n:02}.jpg",
            f"EXIF orientation {n % 8 + 1}",
            lambda c, n=n: behind_jfif(
                small(c), exif(c, 500, n % 8 + 1, thumbnail(c, 64) if n > 7 else b"")
            ),
        )
    for n in range(16):
        yield Picture(
            f"big-exif-{n:02}.jpg",
            "small, EXIF of 60 KB with a thumbnail",
            lambda c: behind_jfif(
                small(c), exif(c, 60_000, thumbnail=thumbnail(c, c.randint(64, 160)))
            ),
        )
    for n in range(6):
        yield Picture(
            f"big-profile-{n:02}.jpg",
            "small, profile of 580 KB in 9 segments",
            lambda c: behind_jfif(small(c), profile(c, 580_000)),
        )
    for n in range(8):
        yield Picture(
            f"segments-{n:02}.jpg",
            "60 small segments and a comment",
            lambda c: behind_jfif(small(c), many_small_segments(c), segment(0xFE, text_of(c, 900))),
        )
    for n in range(6):
        yield Picture(
            f"fill-{n:02}.jpg",
            "fill bytes before a marker",
            lambda c: behind_jfif(small(c), b"\xFF" * c.randint(1, 40)),
        )
    for n in range(6):
        yield Picture(
            f"trailing-{n:02}.jpg",
            "another JPEG behind the end",
            lambda c: behind_jfif(small(c), segment(0xE2, b"MPF\0" + text_of(c, 80)))
            + thumbnail(c),
        )
    for n in range(12):
        yield Picture(
            f"transcoded-{n:02}.jpg",
            "made progressive by jpegtran, metadata kept",
            lambda c: run(
                "jpegtran",
                "-copy",
                "all",
                "-progressive",
                given=behind_jfif(small(c), exif(c, 9_000, 6), xmp(c, 3_000)),
            ),
        )
    for n, marks in enumerate(["-restart 1B", "-restart 3B", "-progressive -restart 2"] * 4):
        yield Picture(
            f"restart-{n:02}.jpg", f"small, cjpeg {marks}", lambda c, m=marks: small(c, *m.split())
        )
    for n in range(12):
        yield Picture(
            f"photoshop-{n:02}.jpg",
            "Photoshop's resources of 20 to 60 KB",
            lambda c: behind_jfif(
                small(c),
                segment(
                    0xED,
                    b"Photoshop 3.0\x008BIM\x04\x04\0\0" + text_of(c, c.randint(20_000, 60_000)),
                ),
            ),
        )
