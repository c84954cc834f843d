"""TIFF and BigTIFF: written here in either byte order, with the directory in front or at the end,
and by libtiff's tools.
"""

import struct
import zlib

from . import Picture, noise, with_files

BYTE, ASCII, SHORT, LONG, LONG8, UNDEFINED = 1, 2, 3, 4, 16, 7
LETTERS = {SHORT: "H", LONG: "I", LONG8: "Q"}


def directory_bytes(order, at, entries, following, large=False):
    """A directory that starts at offset `at`, and behind it the values that do not fit in. Entries:
    (tag, type, bytes or numbers).
    """
    count_letter, offset_letter, room = ("Q", "Q", 8) if large else ("H", "I", 4)
    head_bytes = struct.calcsize(order + count_letter) + len(entries) * (12 + 8 * large) + room
    values_at = at + head_bytes
    head, values = struct.pack(order + count_letter, len(entries)), b""
    for tag, kind, content in sorted(entries, key=lambda entry: entry[0]):
        raw = (
            bytes(content)
            if kind in (BYTE, ASCII, UNDEFINED)
            else struct.pack(order + LETTERS[kind] * len(content), *content)
        )
        if len(raw) > room:
            field = struct.pack(order + offset_letter, values_at + len(values))
            values += raw + bytes(len(raw) % 2)
        else:
            field = raw.ljust(room, b"\0")
        head += struct.pack(order + "HH" + offset_letter, tag, kind, len(content)) + field
    return head + struct.pack(order + offset_letter, following) + values


class Layout:
    """How one file is written."""

    def __init__(self, order, large, in_front):
        self.order, self.large, self.in_front = order, large, in_front

    def __str__(self):
        return (
            f"{'BigTIFF' if self.large else 'TIFF'}, {'little' if self.order == '<' else 'big'}-endian, "
            f"directory {'in front' if self.in_front else 'at the end'}"
        )


def page(chance, layout, at, width, height, samples, bits, tile, compress, last):
    """One page that starts at offset `at`: its bytes, and where in them its directory is."""
    blocks = []
    if tile:
        across, down = -(-width // tile), -(-height // tile)
        blocks = [
            chance.randbytes(tile * -(-tile * samples * bits // 8)) for _ in range(across * down)
        ]
    else:
        row = -(-width * samples * bits // 8)
        rows_per_strip = max(1, 65_536 // row)
        blocks = [
            chance.randbytes(row * min(rows_per_strip, height - top))
            for top in range(0, height, rows_per_strip)
        ]
    if compress:
        blocks = [zlib.compress(block, 1) for block in blocks]

    def entries(data_at):
        number = LONG8 if layout.large else LONG
        offsets = (
            [data_at + sum(map(len, blocks[:n])) for n in range(len(blocks))]
            if len(blocks) < 500
            else running_sums(data_at, blocks)
        )
        found = [
            (256, LONG, [width]),
            (257, LONG if height > 9999 else SHORT, [height]),
            (258, SHORT, [bits] * samples),
            (259, SHORT, [8 if compress else 1]),
            (262, SHORT, [2 if samples >= 3 else 1]),
            (277, SHORT, [samples]),
        ]
        if samples == 4:
            found.append((338, SHORT, [2]))
        if tile:
            return found + [
                (322, SHORT, [tile]),
                (323, SHORT, [tile]),
                (324, number, offsets),
                (325, LONG, list(map(len, blocks))),
            ]
        return found + [
            (273, number, offsets),
            (278, LONG, [rows_per_strip]),
            (279, LONG, list(map(len, blocks))),
        ]

    data = b"".join(blocks)
    length = len(directory_bytes(layout.order, at, entries(0), 0, layout.large))
    following = 0 if last else at + length + len(data) + (len(data) + length) % 2
    if layout.in_front:
        written = (
            directory_bytes(layout.order, at, entries(at + length), following, layout.large) + data
        )
        return written + bytes(len(written) % 2), 0
    pad = bytes(len(data) % 2)
    directory_at = at + len(data) + len(pad)
    return data + pad + directory_bytes(
        layout.order, directory_at, entries(at), 0, layout.large
    ), len(data) + len(pad)


def running_sums(start, blocks):
    sums = []
    for block in blocks:
        sums.append(start)
        start += len(block)
    return sums


def written(chance, layout, pages):
    """Several pages only with the directory in front: then each knows where the next one starts."""
    mark = b"II" if layout.order == "<" else b"MM"
    head_bytes = 16 if layout.large else 8
    body, first = b"", 0
    for n, shape in enumerate(pages):
        content, directory_in = page(
            chance, layout, head_bytes + len(body), *shape, last=n == len(pages) - 1
        )
        first = first or head_bytes + len(body) + directory_in
        body += content
    if layout.large:
        return mark + struct.pack(layout.order + "HHHQ", 43, 8, 0, first) + body
    return mark + struct.pack(layout.order + "HI", 42, first) + body


def by_tiffcp(chance, flags, pages=1):
    drawn = [noise(chance, chance.randint(1, 300), chance.randint(1, 300)) for _ in range(pages)]
    sources = [
        with_files(
            lambda p: ["convert", p[0], "-strip", "-compress", "None", p[1]],
            each,
            suffixes=[".ppm", ".tif"],
        )
        for each in drawn
    ]
    return with_files(
        lambda p: ["tiffcp", *flags.split(), *p], *sources, suffixes=[".tif"] * (pages + 1)
    )


def by_convert(chance, *flags):
    size = chance.randint(8, 300), chance.randint(8, 300)
    return with_files(
        lambda p: ["convert", p[0], "-strip", *flags, p[1]],
        noise(chance, *size),
        suffixes=[".ppm", ".tif"],
    )


def pictures():
    layouts = [
        Layout(order, large, in_front)
        for order in "<>"
        for large in (False, True)
        for in_front in (False, True)
    ]
    for n in range(48):
        layout = layouts[n % 8]
        samples, bits = [(3, 8), (1, 8), (4, 8), (3, 16), (1, 16), (1, 1)][n // 8]
        tile = 64 if n % 3 == 1 else 0
        yield Picture(
            f"written-{n:02}.tif",
            f"{layout}, {samples} samples of {bits} bits{', tiles' if tile else ''}",
            lambda c, a=(samples, bits, tile, n % 2 == 1), l=layout: written(
                c, l, [(c.randint(1, 400), c.randint(1, 400), *a)]
            ),
        )
    for n in range(8):
        layout = [each for each in layouts if each.in_front][n % 4]
        yield Picture(
            f"pages-{n:02}.tif",
            f"{layout}, 4 pages",
            lambda c, l=layout: written(
                c, l, [(c.randint(1, 300), c.randint(1, 300), 3, 8, 0, False) for _ in range(4)]
            ),
        )
    for n in range(14):
        layout = layouts[n % 8]
        tile = 256 if n % 3 == 1 else 0
        yield Picture(
            f"big-{n:02}.tif",
            f"{layout}, 3 to 15 MB{', tiles' if tile else ''}",
            lambda c, l=layout, t=tile: written(
                c, l, [(c.randint(1200, 2600), c.randint(900, 1900), 3, 8, t, False)]
            ),
        )
    flags = [
        "-c lzw",
        "-c lzw:2",
        "-c zip",
        "-c packbits",
        "-c jpeg -r 16",
        "-B -c lzw",
        "-L -c zip",
        "-8",
        "-8 -B -c lzw",
        "-t -w 64 -l 64",
        "-8 -t -w 32 -l 32 -c zip",
        "-r 1",
        "-r 1 -B -8",
        "-p separate",
        "-f msb2lsb",
    ]
    for n in range(30):
        yield Picture(
            f"libtiff-{n:02}.tif",
            f"tiffcp {flags[n % 15]}",
            lambda c, f=flags[n % 15]: by_tiffcp(c, f),
        )
    for n in range(8):
        yield Picture(
            f"libtiff-pages-{n:02}.tif",
            f"tiffcp, 5 pages, {flags[n]}",
            lambda c, f=flags[n]: by_tiffcp(c, f, pages=5),
        )
    for n, how in enumerate(
        [
            "-compress Group4 -monochrome",
            "-compress Fax -monochrome",
            "-colors 16 -compress LZW",
            "-colorspace CMYK",
            "-depth 16 -compress Zip",
            "-colorspace Gray",
            "-compress RLE -depth 8",
            "-compress JPEG",
        ]
        * 2
    ):
        yield Picture(
            f"imagemagick-{n:02}.tif", f"convert {how}", lambda c, h=how: by_convert(c, *h.split())
        )
