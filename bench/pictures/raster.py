"""PNG, GIF, BMP, PSD and ICO: all written here, so that every header of the formats occurs; GIFs by
ImageMagick too.
"""

import itertools
import struct
import zlib

from . import Picture, blur, noise, png_chunk, text_of, with_files

# --- PNG -----------------------------------------------------------------------------------------

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
DEPTHS = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}
ADAM7 = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
]  # left, top, step across and down


def png_rows(chance, width, height, colour, depth):
    row = -(-width * SAMPLES[colour] * depth // 8)
    return b"".join(bytes([chance.randint(0, 4)]) + chance.randbytes(row) for _ in range(height))


def png_data(chance, width, height, colour, depth, interlaced=False):
    if not interlaced:
        return zlib.compress(png_rows(chance, width, height, colour, depth), 1)
    sides = [
        (-(-(width - left) // across), -(-(height - top) // down))
        for left, top, across, down in ADAM7
    ]
    return zlib.compress(
        b"".join(png_rows(chance, w, h, colour, depth) for w, h in sides if w > 0 and h > 0), 1
    )


def png(chance, width, height, colour, depth, interlaced=False, before=b"", behind=b""):
    head = png_chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    )
    if colour == 3:
        before += png_chunk(b"PLTE", chance.randbytes(3 * 2**depth))
    data = png_data(chance, width, height, colour, depth, interlaced)
    parts = b"".join(
        png_chunk(b"IDAT", data[at : at + 32_768]) for at in range(0, len(data), 32_768)
    )
    return b"\x89PNG\r\n\x1A\n" + head + before + parts + behind + png_chunk(b"IEND", b"")


def apng(chance, width, height, frames):
    """The first frame is the picture itself; later ones may be smaller than the canvas."""
    number = itertools.count()

    def control(w, h, x, y):
        return png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", next(number), w, h, x, y, 1, 10, 0, 0))

    before = png_chunk(b"acTL", struct.pack(">II", frames, 0)) + control(width, height, 0, 0)
    behind = b""
    for _ in range(frames - 1):
        w, h = chance.randint(1, width), chance.randint(1, height)
        behind += control(w, h, width - w, height - h)
        behind += png_chunk(b"fdAT", struct.pack(">I", next(number)) + png_data(chance, w, h, 6, 8))
    return png(chance, width, height, 6, 8, before=before, behind=behind)


def pngs():
    kinds = [
        (colour, depth, interlaced)
        for colour in DEPTHS
        for depth in DEPTHS[colour]
        for interlaced in (False, True)
    ]
    for n, (colour, depth, interlaced) in enumerate(kinds * 3):
        yield Picture(
            f"type-{n:02}.png",
            f"colour type {colour}, {depth} bits{', interlaced' if interlaced else ''}",
            lambda c, a=(colour, depth, interlaced): png(
                c, c.randint(1, 300), c.randint(1, 300), *a
            ),
        )
    for n, (width, height) in enumerate(
        [(1, 1), (1, 2), (3, 5), (4, 4), (5, 3), (16000, 1), (1, 16000), (9000, 2)]
    ):
        yield Picture(
            f"shape-{n}.png",
            f"{width}x{height}, interlaced",
            lambda c, w=width, h=height: png(c, w, h, 2, 8, True),
        )
    for n in range(16):
        yield Picture(
            f"animated-{n:02}.png",
            f"APNG, {n % 4 + 2} frames",
            lambda c, n=n: apng(c, c.randint(2, 200), c.randint(2, 200), n % 4 + 2),
        )
    for n in range(12):
        yield Picture(
            f"metadata-{n:02}.png",
            "text and a profile of 70 KB before the data",
            lambda c: png(
                c,
                c.randint(1, 300),
                c.randint(1, 300),
                6,
                8,
                before=png_chunk(b"iCCP", b"corpus\0\0" + zlib.compress(c.randbytes(70_000)))
                + png_chunk(b"tEXt", b"Comment\0" + text_of(c, 900)),
            ),
        )
    for n in range(20):
        yield Picture(
            f"big-{n:02}.png",
            "1 to 9 MB",
            lambda c, n=n: png(
                c,
                c.randint(700, 1900),
                c.randint(600, 1500),
                *[(2, 8), (6, 8), (0, 16), (3, 8)][n % 4],
                n % 5 == 4,
            ),
        )


# --- GIF ----------------------------------------------------------------------------------------


def gif_data(chance, width, height):
    """Codes of 8 bits, and a clear code before they would have to become longer: pixels of 7 bits
    without any packing.
    """
    pixels = bytes(value & 127 for value in chance.randbytes(min(width * height, 4_096)))
    pixels = (pixels * -(-width * height // len(pixels)))[: width * height]
    codes = b"".join(b"\x80" + pixels[at : at + 125] for at in range(0, len(pixels), 125)) + b"\x81"
    blocks = b"".join(
        bytes([len(block)]) + block
        for block in (codes[at : at + 255] for at in range(0, len(codes), 255))
    )
    return b"\x07" + blocks + b"\0"


def gif(chance, width, height, frames=((0, 0, 0, 0),), version=b"89a", comment=0):
    """Frames: (left, top, width, height), where a side of 0 is the screen's."""
    file = (
        b"GIF"
        + version
        + struct.pack("<HHBBB", width, height, 0xF6, 0, 0)
        + chance.randbytes(3 * 128)
    )
    if comment:
        text = text_of(chance, comment)
        file += (
            b"\x21\xFE"
            + b"".join(
                bytes([len(part)]) + part
                for part in (text[at : at + 255] for at in range(0, comment, 255))
            )
            + b"\0"
        )
    if len(frames) > 1:
        file += b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0"
    for left, top, w, h in frames:
        if len(frames) > 1:
            file += b"\x21\xF9\x04\x04\x0A\0\0\0"
        file += (
            b"\x2C"
            + struct.pack("<HHHHB", left, top, w or width, h or height, 0)
            + gif_data(chance, w or width, h or height)
        )
    return file + b"\x3B"


def partial_frames(chance, width, height, count):
    for _ in range(count):
        w, h = chance.randint(1, width), chance.randint(1, height)
        yield width - w, height - h, w, h


def gif_by_convert(chance, flags, suffix="gif", frames=1):
    size = chance.randint(2, 120), chance.randint(2, 120)
    drawn = [noise(chance, *size) for _ in range(frames)]
    return with_files(
        lambda p: [
            "convert",
            "-delay",
            "10",
            *p[:-1],
            "-strip",
            *flags.split(),
            f"{suffix}:{p[-1]}",
        ],
        *drawn,
        suffixes=[".ppm"] * frames + [".gif"],
    )


def gifs():
    for n in range(24):
        yield Picture(
            f"written-{n:02}.gif",
            f"GIF{'87a' if n % 2 else '89a'}",
            lambda c, n=n: gif(
                c, c.randint(1, 500), c.randint(1, 500), version=b"87a" if n % 2 else b"89a"
            ),
        )
    for n in range(16):
        yield Picture(
            f"animated-{n:02}.gif",
            "animated, later frames smaller than the screen",
            lambda c, n=n: (
                lambda w, h: gif(c, w, h, [(0, 0, 0, 0), *partial_frames(c, w, h, n + 1)])
            )(c.randint(2, 300), c.randint(2, 300)),
        )
    for n in range(10):
        yield Picture(
            f"partial-{n:02}.gif",
            "the first frame is smaller than the screen",
            lambda c: (lambda w, h: gif(c, w, h, list(partial_frames(c, w, h, 2))))(
                c.randint(2, 300), c.randint(2, 300)
            ),
        )
    for n in range(10):
        yield Picture(
            f"comment-{n:02}.gif",
            "a comment of 40 KB in front",
            lambda c: gif(c, c.randint(1, 300), c.randint(1, 300), comment=40_000),
        )
    for n in range(2):
        yield Picture(
            f"beyond-{n}.gif",
            "a frame that reaches beyond the screen",
            lambda c, n=n: gif(
                c, 40, 30, [(0, 0, 60, 50)] if n else [(0, 0, 0, 0), (20, 20, 60, 50)]
            ),
        )
    for n in range(2):
        yield Picture(
            f"no-screen-{n}.gif",
            "a screen of 0 x 0: decoders take the first frame's size",
            lambda c: gif(c, 0, 0, [(0, 0, c.randint(1, 300), c.randint(1, 300))]),
        )
    for n in range(20):
        flags = ["-colors 2", "-colors 16", "-interlace GIF", "-colors 256"][n % 4]
        yield Picture(
            f"imagemagick-{n:02}.gif",
            f"convert {flags}",
            lambda c, f=flags, n=n: gif_by_convert(c, f, "gif87" if n % 8 > 3 else "gif"),
        )
    for n in range(10):
        yield Picture(
            f"imagemagick-animated-{n:02}.gif",
            "convert, optimised layers",
            lambda c, n=n: gif_by_convert(c, "-layers Optimize", frames=n % 4 + 2),
        )
    for n in range(10):
        yield Picture(
            f"big-{n:02}.gif",
            "animated, 1 to 6 MB",
            lambda c: gif(
                c, c.randint(600, 1000), c.randint(400, 700), [(0, 0, 0, 0)] * c.randint(4, 9)
            ),
        )


# --- BMP ----------------------------------------------------------------------------------------

# Without 2 bits per pixel and the header of 16 bytes: ImageMagick refuses both, and no other
# decoder is at hand to say the size.

BITMAP_HEADERS = [12, 40, 52, 56, 64, 108, 124]


def bitmap_rows(chance, width, height, bits):
    return b"".join(
        chance.randbytes(-(-width * bits // 8)).ljust(-(-width * bits // 32) * 4, b"\0")
        for _ in range(height)
    )


def run_lengths(chance, width, height, bits):
    """Every row as runs of one colour, with its end mark."""
    rows = b""
    for _ in range(height):
        left = width
        while left > 0:
            length = min(left, chance.randint(1, 255))
            rows += bytes([length, chance.randrange(256)])
            left -= length
        rows += b"\0\0"
    return rows + b"\0\1"


def bmp(
    chance,
    width,
    height,
    bits,
    header_bytes=40,
    top_down=False,
    runs=False,
    masks_behind=False,
    gap=0,
):
    compression = 3 if masks_behind else 0 if not runs else {8: 1, 4: 2}[bits]
    colours = 2**bits if bits <= 8 else 0
    data = (
        run_lengths(chance, width, height, bits)
        if runs
        else bitmap_rows(chance, width, height, bits)
    )
    if header_bytes == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
        palette = chance.randbytes(3 * colours)
    else:
        masks = {16: (0x7C00, 0x3E0, 0x1F, 0), 32: (0xFF0000, 0xFF00, 0xFF, 0xFF000000)}.get(
            bits, (0, 0, 0, 0)
        )
        header = struct.pack(
            "<IiiHHIIiiII",
            header_bytes,
            width,
            -height if top_down else height,
            1,
            bits,
            compression,
            len(data),
            2835,
            2835,
            colours,
            0,
        )
        if header_bytes in (52, 56, 108, 124):
            header += struct.pack("<IIII", *masks)
        if header_bytes in (108, 124):
            header += b"BGRs"
        header = header[:header_bytes].ljust(header_bytes, b"\0")
        palette = (
            struct.pack("<III", *masks[:3])
            if masks_behind
            else b"".join(chance.randbytes(3) + b"\0" for _ in range(colours))
        )
    at = 14 + len(header) + len(palette) + gap
    return (
        b"BM"
        + struct.pack("<IHHI", at + len(data), 0, 0, at)
        + header
        + palette
        + bytes(gap)
        + data
    )


def bmps():
    for n, (header_bytes, bits) in enumerate(
        itertools.product(BITMAP_HEADERS, [1, 4, 8, 16, 24, 32])
    ):
        if header_bytes == 12 and bits in (16, 32):
            continue  # not in that header's time
        for k in range(2):
            yield Picture(
                f"header-{n:02}-{k}.bmp",
                f"header of {header_bytes} bytes, {bits} bits per pixel",
                lambda c, a=(bits, header_bytes): bmp(c, c.randint(1, 300), c.randint(1, 300), *a),
            )
    for n in range(14):
        header_bytes = BITMAP_HEADERS[1:][n % 6]
        yield Picture(
            f"top-down-{n:02}.bmp",
            f"height below zero, header of {header_bytes} bytes",
            lambda c, h=header_bytes, b=[24, 32, 8, 1][n % 4]: bmp(
                c, c.randint(1, 300), c.randint(1, 300), b, h, top_down=True
            ),
        )
    for n in range(12):
        yield Picture(
            f"runs-{n:02}.bmp",
            f"RLE{4 if n % 2 else 8}",
            lambda c, n=n: bmp(
                c,
                c.randint(1, 300),
                c.randint(1, 300),
                4 if n % 2 else 8,
                [40, 108, 124][n % 3],
                runs=True,
            ),
        )
    for n in range(6):
        yield Picture(
            f"masks-{n}.bmp",
            "header of 40 bytes, then masks of the colours",
            lambda c, n=n: bmp(
                c, c.randint(1, 300), c.randint(1, 300), 32 if n % 2 else 16, masks_behind=True
            ),
        )
    for n in range(6):
        yield Picture(
            f"gap-{n}.bmp",
            "pixels do not follow the palette at once",
            lambda c: bmp(c, c.randint(1, 300), c.randint(1, 300), 24, gap=c.randint(1, 999)),
        )
    for n in range(10):
        yield Picture(
            f"big-{n:02}.bmp",
            "2 to 10 MB",
            lambda c, n=n: bmp(
                c,
                c.randint(900, 1900),
                c.randint(900, 1400),
                [24, 32][n % 2],
                [40, 124][n % 2],
                n % 3 == 2,
            ),
        )


# --- PSD ----------------------------------------------------------------------------------------

# Without indexed colours: ImageMagick 6 refuses them, and no other decoder is at hand to say their
# size.
PSD_MODES = {
    "bitmap": (0, 1, 1),
    "grey": (1, 1, 8),
    "grey of 16 bits": (1, 1, 16),
    "RGB": (3, 3, 8),
    "RGB of 16 bits": (3, 3, 16),
    "RGB with alpha": (3, 4, 8),
    "CMYK": (4, 4, 8),
    "Lab": (9, 3, 8),
    "RGB of 32 bits": (3, 3, 32),
    "multichannel": (7, 4, 8),
    "duotone": (8, 1, 8),
    "grey with alpha": (1, 2, 8),
    "CMYK of 16 bits": (4, 4, 16),
}  # mode, channels, depth


def psd(chance, width, height, mode, large=False, packed=False, resources=0):
    number, channels, depth = PSD_MODES[mode]
    head = b"8BPS" + struct.pack(
        ">H6xHIIHH", 2 if large else 1, channels, height, width, depth, number
    )
    blocks = (
        b"8BIM"
        + struct.pack(">H2xI", 1060, resources)
        + text_of(chance, resources)
        + bytes(resources % 2)
        if resources
        else b""
    )
    sections = bytes(4) + struct.pack(">I", len(blocks)) + blocks + bytes(8 if large else 4)
    row = -(-width * depth // 8)
    rows = [chance.randbytes(row) for _ in range(height * channels)]
    if not packed:
        return head + sections + b"\0\0" + b"".join(rows)
    rows = [
        b"".join(
            bytes([len(part) - 1]) + part
            for part in (each[at : at + 128] for at in range(0, row, 128))
        )
        for each in rows
    ]
    lengths = struct.pack(f">{len(rows)}{'I' if large else 'H'}", *map(len, rows))
    return head + sections + b"\0\1" + lengths + b"".join(rows)


def layered(chance):
    sizes = [(chance.randint(2, 200), chance.randint(2, 200)) for _ in range(3)]
    drawn = [noise(chance, *size) for size in sizes]
    return with_files(
        lambda p: ["convert", *p[:3], "-strip", p[3]], *drawn, suffixes=[".ppm"] * 3 + [".psd"]
    )


def psds():
    for n, (mode, large, packed) in enumerate(
        itertools.product(PSD_MODES, (False, True), (False, True))
    ):
        yield Picture(
            f"written-{n:02}.{'psb' if large else 'psd'}",
            f"{'PSB' if large else 'PSD'}, {mode}{', run lengths' if packed else ''}",
            lambda c, m=mode, l=large, p=packed: psd(
                c, c.randint(1, 300), c.randint(1, 300), m, l, p
            ),
        )
    for n in range(10):
        yield Picture(
            f"resources-{n:02}.psd",
            "resources of 90 KB",
            lambda c, n=n: psd(
                c, c.randint(1, 300), c.randint(1, 300), "RGB", False, n % 2 == 1, 90_000
            ),
        )
    for n in range(8):
        yield Picture(f"layered-{n}.psd", "convert, three layers", layered)
    for n in range(10):
        yield Picture(
            f"big-{n:02}.psd",
            "2 to 10 MB",
            lambda c, n=n: psd(
                c, c.randint(900, 1900), c.randint(800, 1700), "RGB", False, n % 2 == 1
            ),
        )


# --- ICO ----------------------------------------------------------------------------------------


def ico_bitmap(chance, width, height, bits):
    palette = b"".join(chance.randbytes(3) + b"\0" for _ in range(2**bits)) if bits <= 8 else b""
    header = struct.pack("<IiiHHIIiiII", 40, width, 2 * height, 1, bits, 0, 0, 0, 0, 0, 0)
    return (
        header
        + palette
        + bitmap_rows(chance, width, height, bits)
        + bytes(-(-width // 32) * 4 * height)
    )


def ico(chance, entries):
    """Entries: (width, height, bits), or (width, height, 0) for a PNG. A side that the directory's
    byte cannot hold is 0 in it.
    """
    at = 6 + 16 * len(entries)
    directory, content = struct.pack("<HHH", 0, 1, len(entries)), b""
    for width, height, bits in entries:
        each = ico_bitmap(chance, width, height, bits) if bits else png(chance, width, height, 6, 8)
        sides = bytes(side if side < 256 else 0 for side in (width, height))
        directory += sides + struct.pack(
            "<BBHHII", 0, 0, 1, bits or 32, len(each), at + len(content)
        )
        content += each
    return directory + content


def icos():
    usual = [16, 24, 32, 48, 64, 96, 128]
    for n in range(20):
        bits = [1, 4, 8, 24, 32][n % 5]
        yield Picture(
            f"single-{n:02}.ico",
            f"one bitmap of {bits} bits",
            lambda c, n=n, b=bits: ico(c, [(usual[n % 7], usual[n % 7], b)]),
        )
    for n in range(12):
        yield Picture(
            f"several-{n:02}.ico",
            "several bitmaps, in any order",
            lambda c: ico(
                c, [(s, s, c.choice([4, 8, 24, 32])) for s in c.sample(usual, c.randint(2, 7))]
            ),
        )
    for n in range(12):
        yield Picture(
            f"with-256-{n:02}.ico",
            "several bitmaps and a PNG of 256",
            lambda c: (lambda e: ico(c, c.sample(e, len(e))))(
                [(s, s, 32) for s in c.sample(usual, 4)] + [(256, 256, 0)]
            ),
        )
    for n in range(6):
        yield Picture(
            f"bitmap-256-{n}.ico",
            "a bitmap of 256",
            lambda c: ico(c, [(48, 48, 8), (256, 256, 32)]),
        )
    for n in range(6):
        yield Picture(
            f"png-{n}.ico",
            "PNG entries only",
            lambda c: ico(c, [(s, s, 0) for s in c.sample(usual, 3)]),
        )
    for n in range(8):
        yield Picture(
            f"oblong-{n}.ico",
            "not square",
            lambda c: ico(
                c,
                [
                    (c.randint(1, 255), c.randint(1, 255), 32),
                    (c.randint(1, 99), c.randint(1, 99), 0),
                ],
            ),
        )
    for n, side in enumerate([257, 300, 512, 1024]):
        yield Picture(
            f"large-png-{n}.ico",
            f"one PNG of {side}, which the directory cannot say",
            lambda c, s=side: ico(c, [(s, s, 0)]),
        )
    for n in range(2):
        yield Picture(
            f"two-large-{n}.ico",
            "PNGs of 256 and 512, alike in the directory",
            lambda c, n=n: ico(c, [(256, 256, 0), (512, 512, 0)][:: 1 - 2 * n]),
        )
    for n in range(4):
        yield Picture(
            f"imagemagick-{n}.ico",
            "convert auto-resize",
            lambda c: with_files(
                lambda p: ["convert", p[0], "-define", "icon:auto-resize=256,64,48,16", p[1]],
                blur(c, 256, 256),
                suffixes=[".ppm", ".ico"],
            ),
        )


def pictures():
    yield from pngs()
    yield from gifs()
    yield from bmps()
    yield from psds()
    yield from icos()
