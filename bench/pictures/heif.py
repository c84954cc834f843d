"""AVIF and HEIC: pictures of avifenc and heif-enc, and the same coded pictures put into other boxes
here: grids, turns, crops, `meta` behind
the data, items without an offset of their own, several pictures."""

import functools
import random
import re
import struct

from . import Picture, blur, noise, run, text_of, with_files
from .jpeg import behind_jfif, exif
from .raster import png


# --- encoders -----------------------------------------------------------------------------------


def heic(source, *flags, suffix=".ppm"):
    if suffix == ".ppm":  # not among what heif-enc reads
        source, suffix = (
            with_files(
                lambda p: ["convert", p[0], "-strip", p[1]], source, suffixes=[".ppm", ".png"]
            ),
            ".png",
        )
    return with_files(
        lambda p: ["heif-enc", "-q", "30", "-p", "preset=ultrafast", *flags, p[0], "-o", p[1]],
        source,
        suffixes=[suffix, ".heic"],
    )


def avif(sources, *flags, suffix=".png"):
    return with_files(
        lambda p: ["avifenc", "-s", "10", "-j", "1", *flags, *p],
        *sources,
        suffixes=[suffix] * len(sources) + [".avif"],
    )


def animation(chance, frames=3):
    """Without the times of its making, which avifenc writes into it."""
    width, height = chance.randint(16, 99), chance.randint(16, 99)
    file = bytearray(avif([drawn(chance, width, height) for _ in range(frames)]))
    for name in re.finditer(rb"mvhd|tkhd|mdhd", file):
        at = name.end() + 4
        length = 16 if file[name.end()] == 1 else 8
        file[at : at + length] = bytes(length)
    return bytes(file)


def drawn(chance, width, height):
    """Few colours, because the encoders are slow; of 8 bits a sample, because libheif mirrors no
    others.
    """
    return with_files(
        lambda p: ["convert", p[0], "-strip", f"png24:{p[1]}"],
        blur(chance, width, height),
        suffixes=[".ppm", ".png"],
    )


# --- boxes --------------------------------------------------------------------------------------


def box(name, content, large=False):
    if large:
        return struct.pack(">I", 1) + name + struct.pack(">Q", len(content) + 16) + content
    return struct.pack(">I", len(content) + 8) + name + content


def full_box(name, content, version=0, flags=0):
    return box(name, struct.pack(">I", version << 24 | flags) + content)


def boxes(raw):
    """(name, content) of each box in a row; none of those read here has a length of 64 bits."""
    at = 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + 4], "big") or len(raw) - at
        yield raw[at + 4 : at + 8], raw[at + 8 : at + length]
        at += length


class Coded:
    """The one coded picture of an encoder's file: its data, and what describes it to a decoder."""

    def __init__(self, file, width, height):
        self.width, self.height = width, height
        top = dict(boxes(file))
        self.data = top[b"mdat"]
        meta = dict(boxes(top[b"meta"][4:]))
        entries = list(boxes(meta[b"iinf"][6:]))
        self.type = entries[0][1][8:12]
        properties = boxes(dict(boxes(meta[b"iprp"]))[b"ipco"])
        self.decoding = next(
            box(name, content) for name, content in properties if name in (b"hvcC", b"av1C")
        )
        self.brand = b"avif" if self.type == b"av01" else b"heic"


@functools.cache
def tile(brand, side, number):
    """Tiles are shared by many pictures. All of one side must be coded alike to stand in one grid,
    so they are without chroma tricks.
    """
    chance = random.Random(f"tile {brand} {side} {number}")
    source = drawn(chance, side, side)
    return Coded(
        heic(source, suffix=".png") if brand == "heic" else avif([source], "-y", "420"), side, side
    )


def extent(width, height):
    return full_box(b"ispe", struct.pack(">II", width, height))


def turn(quarters):
    return box(b"irot", bytes([quarters]))


def crop(width, height, denominator=1, right=0, down=0):
    """Of a picture cut to its middle, or so many pixels beside it."""
    sides = width * denominator, denominator, height * denominator, denominator
    return box(b"clap", struct.pack(">IIIIiIiI", *sides, right, 1, down, 1))


class Item:
    def __init__(self, kind, data, properties, hidden=False, tiles=()):
        self.kind, self.data, self.properties, self.hidden, self.tiles = (
            kind,
            data,
            properties,
            hidden,
            tiles,
        )


def coded_item(coded, *more, hidden=False):
    return Item(
        coded.type, coded.data, [coded.decoding, extent(coded.width, coded.height), *more], hidden
    )


def grid_items(tiles, columns, width, height, *more, large=False):
    """The grid, then its tiles. `large`: sides of 32 bits."""
    rows = len(tiles) // columns
    data = struct.pack(
        ">BBBBII" if large else ">BBBBHH", 0, int(large), rows - 1, columns - 1, width, height
    )
    return [
        Item(b"grid", data, [extent(width, height), *more], tiles=range(1, len(tiles) + 1)),
        *(coded_item(t, hidden=True) for t in tiles),
    ]


def overlay_items(tiles, width, height):
    """A canvas with one picture after the other laid upon it, each farther to the right and
    down.
    """
    data = struct.pack(">BBHHHHHH", 0, 0, 65_535, 0, 0, 65_535, width, height)
    data += b"".join(struct.pack(">hh", 30 * n, 20 * n) for n in range(len(tiles)))
    return [
        Item(b"iovl", data, [extent(width, height)], tiles=range(1, len(tiles) + 1)),
        *(coded_item(t, hidden=True) for t in tiles),
    ]


def same_as(coded, width, height, *more):
    """A picture derived from a coded one without any change, but with properties of its own; `more`
    are those of the coded one.
    """
    return [
        Item(b"iden", b"", [extent(width, height)], tiles=[1]),
        coded_item(coded, *more, hidden=True),
    ]


def assembled(
    brand,
    items,
    primary=0,
    meta_last=False,
    location_version=0,
    large_data=False,
    filling=0,
    inline=False,
    wide=False,
):
    """A file of these items, numbered from 1. `inline`: data of derived pictures inside of `meta`.
    `wide`: 64-bit offsets and 15-bit
    property numbers. `filling`: bytes of a free box in front of `meta`."""
    if inline:
        location_version = max(location_version, 1)
    properties, numbers = [], {}
    for item in items:
        for each in item.properties:
            numbers.setdefault(each, len(numbers) + 1)
    properties = b"".join(numbers)
    associations = b""
    for n, item in enumerate(items, 1):
        associations += struct.pack(">HB", n, len(item.properties))
        for each in item.properties:
            essential = each[4:8] in (b"hvcC", b"av1C", b"irot", b"imir", b"clap")
            associations += (
                struct.pack(">H", essential << 15 | numbers[each])
                if wide
                else bytes([essential << 7 | numbers[each]])
            )
    entries = b"".join(
        full_box(b"infe", struct.pack(">HH", n, 0) + item.kind + b"\0", 2, int(item.hidden))
        for n, item in enumerate(items, 1)
    )
    references = b"".join(
        box(
            b"dimg",
            struct.pack(f">HH{len(item.tiles)}H", n, len(item.tiles), *(t + 1 for t in item.tiles)),
        )
        for n, item in enumerate(items, 1)
        if item.tiles
    )
    inside = b"".join(item.data for item in items if inline and item.tiles)
    outside = b"".join(item.data for item in items if not (inline and item.tiles))

    def meta(data_at):
        offset, inline_offset = data_at, 0
        locations = b""
        for n, item in enumerate(items, 1):
            is_inside = inline and bool(item.tiles)
            at = inline_offset if is_inside else offset
            number = struct.pack(">I" if location_version == 2 else ">H", n)
            method = struct.pack(">H", int(is_inside)) if location_version > 0 else b""
            base = struct.pack(">Q", 0) if wide else b""
            locations += (
                number
                + method
                + struct.pack(">H", 0)
                + base
                + struct.pack(">HQQ" if wide else ">HII", 1, at, len(item.data))
            )
            if is_inside:
                inline_offset += len(item.data)
            else:
                offset += len(item.data)
        count = struct.pack(">I" if location_version == 2 else ">H", len(items))
        content = full_box(b"hdlr", bytes(4) + b"pict" + bytes(13))
        content += full_box(b"pitm", struct.pack(">H", primary + 1))
        content += full_box(
            b"iloc", (b"\x88\x80" if wide else b"\x44\x00") + count + locations, location_version
        )
        content += full_box(b"iinf", struct.pack(">H", len(items)) + entries)
        content += full_box(b"iref", references) if references else b""
        content += box(
            b"iprp",
            box(b"ipco", properties)
            + full_box(b"ipma", struct.pack(">I", len(items)) + associations, 0, int(wide)),
        )
        content += box(b"idat", inside) if inside else b""
        return full_box(b"meta", content)

    start = box(b"ftyp", brand + bytes(4) + b"mif1" + brand + b"miaf") + (
        box(b"free", bytes(filling)) if filling else b""
    )
    head = 16 if large_data else 8
    if meta_last:
        return start + box(b"mdat", outside, large_data) + meta(len(start) + head)
    return start + meta(len(start) + len(meta(0)) + head) + box(b"mdat", outside, large_data)


def assembled_pictures(brand):
    """Both formats live in the same boxes, so both get the same cases."""
    name, side = brand.encode(), 64

    def tiles(count):
        return [tile(brand, side, n) for n in range(count)]

    def one(*more):
        return [coded_item(tile(brand, 96, 0), *more)]

    cases = [
        ("grid of 2 x 2", lambda: assembled(name, grid_items(tiles(4), 2, 128, 128))),
        (
            "grid of 3 x 2, cut at the edges",
            lambda: assembled(name, grid_items(tiles(6), 3, 170, 101)),
        ),
        (
            "grid of 4 x 1, its data inside of meta",
            lambda: assembled(name, grid_items(tiles(4), 4, 250, 64), inline=True),
        ),
        (
            "grid of 2 x 3, turned",
            lambda: assembled(name, grid_items(tiles(6), 2, 120, 180, turn(1)), inline=True),
        ),
        (
            "grid of 2 x 1, turned twice as far",
            lambda: assembled(name, grid_items(tiles(2), 2, 128, 60, turn(2))),
        ),
        (
            "turned by 90 degrees",
            lambda: assembled(name, grid_items(tiles(2), 2, 128, 64, turn(3))),
        ),
        ("cropped to 50 x 30", lambda: assembled(name, one(crop(50, 30)))),
        ("cropped to 40 x 60 by fractions", lambda: assembled(name, one(crop(40, 60, 2)))),
        ("cropped, then turned", lambda: assembled(name, one(crop(50, 30), turn(1)))),
        (
            "grid, cropped, then turned",
            lambda: assembled(name, grid_items(tiles(4), 2, 128, 128, crop(100, 40), turn(3))),
        ),
        ("mirrored", lambda: assembled(name, one(box(b"imir", b"\1")))),
        ("meta behind the data", lambda: assembled(name, one(), meta_last=True)),
        (
            "meta behind 300 KB of data",
            lambda: assembled(
                name,
                [*one(), coded_item(tile(brand, 64, 1)), Item(b"mime", bytes(300_000), [])],
                meta_last=True,
            ),
        ),
        ("meta behind a free box of 100 KB", lambda: assembled(name, one(), filling=100_000)),
        (
            "the second of three pictures is the primary one",
            lambda: assembled(
                name,
                [coded_item(tile(brand, 64, 0)), *one(turn(1)), coded_item(tile(brand, 64, 1))],
                primary=1,
            ),
        ),
        ("data box of 64 bits", lambda: assembled(name, one(), large_data=True)),
        ("locations of version 1", lambda: assembled(name, one(), location_version=1)),
        ("locations of version 2", lambda: assembled(name, one(), location_version=2)),
        (
            "offsets of 64 bits, property numbers of 15",
            lambda: assembled(name, grid_items(tiles(4), 2, 100, 90, turn(1)), wide=True),
        ),
        ("turned, then cropped", lambda: assembled(name, one(turn(1), crop(30, 50)))),
        ("cropped between pixels", lambda: assembled(name, one(crop(51, 31)))),
        (
            "cropped beside the middle",
            lambda: assembled(name, one(crop(50, 30, right=-10, down=5))),
        ),
        (
            "turned twice",
            lambda: assembled(
                name, grid_items(tiles(2), 2, 128, 64, turn(1), box(b"imir", b"\0"), turn(2))
            ),
        ),
        ("overlay", lambda: assembled(name, overlay_items(tiles(3), 200, 150))),
        ("identity", lambda: assembled(name, same_as(tile(brand, 96, 0), 96, 96))),
        (
            "identity of a cropped picture",
            lambda: assembled(name, same_as(tile(brand, 96, 0), 50, 30, crop(50, 30))),
        ),
        (
            "grid with sides of 32 bits",
            lambda: assembled(name, grid_items(tiles(4), 2, 120, 110, large=True)),
        ),
        (
            "grid of 12 x 10",
            lambda: assembled(name, grid_items(tiles(4) * 30, 12, 760, 640), inline=True),
        ),
    ]
    for n, (how, draw) in enumerate(cases):
        yield Picture(f"assembled-{n:02}.{brand}", how, lambda _, d=draw: d())


def heics():
    for n in range(16):
        yield Picture(
            f"plain-{n:02}.heic",
            "heif-enc",
            lambda c: heic(drawn(c, c.randint(17, 400), c.randint(17, 400)), suffix=".png"),
        )
    for n in range(16):
        yield Picture(
            f"oriented-{n:02}.heic",
            f"heif-enc of a JPEG with EXIF orientation {n % 8 + 1}",
            lambda c, n=n: heic(
                behind_jfif(
                    run("cjpeg", given=blur(c, c.randint(32, 200), c.randint(32, 200))),
                    exif(c, 900, n % 8 + 1),
                ),
                suffix=".jpg",
            ),
        )
    for n in range(4):
        yield Picture(
            f"exif-{n}.heic",
            "heif-enc of a JPEG with EXIF of 60 KB",
            lambda c: heic(
                behind_jfif(run("cjpeg", given=blur(c, c.randint(32, 200), 99)), exif(c, 60_000)),
                suffix=".jpg",
            ),
        )
    for n in range(4):
        yield Picture(
            f"thumbnail-{n}.heic",
            "heif-enc with a thumbnail",
            lambda c: heic(drawn(c, 300, c.randint(99, 300)), "-t", 64, suffix=".png"),
        )
    for n in range(4):
        yield Picture(
            f"alpha-{n}.heic",
            "heif-enc with alpha",
            lambda c: heic(png(c, c.randint(32, 99), c.randint(32, 99), 6, 8), suffix=".png"),
        )
    for n in range(2):
        yield Picture(f"photo-{n}.heic", "noise of 0.3 MB", lambda c: heic(noise(c, 500, 400)))
    yield from assembled_pictures("heic")


def avifs():
    for n in range(12):
        yield Picture(
            f"plain-{n:02}.avif",
            "avifenc",
            lambda c: avif([drawn(c, c.randint(1, 400), c.randint(1, 400))]),
        )
    for n in range(8):
        how = [["-d", 10], ["-d", 12], ["-y", "400"], ["-y", "444"]][n % 4]
        yield Picture(
            f"depth-{n:02}.avif",
            f"avifenc {how[0]} {how[1]}",
            lambda c, h=how: avif([drawn(c, c.randint(9, 200), c.randint(9, 200))], *h),
        )
    for n in range(8):
        yield Picture(
            f"turned-{n:02}.avif",
            f"avifenc --irot {n % 4}{' --imir 0' if n > 3 else ''}",
            lambda c, n=n: avif(
                [drawn(c, c.randint(9, 200), c.randint(9, 200))],
                "--irot",
                n % 4,
                *["--imir", 0] * (n > 3),
            ),
        )
    for n in range(4):
        yield Picture(
            f"cropped-{n}.avif",
            "avifenc --crop",
            lambda c, n=n: avif([drawn(c, 160, 120)], "--crop", f"{2 * n},{4 * n},{60 + 2 * n},40"),
        )
    for n in range(3):
        yield Picture(
            f"grid-{n}.avif",
            "avifenc --grid",
            lambda c, n=n: avif(
                [drawn(c, 256, 128)], "-y", "420", "--grid", ["2x1", "2x2", "4x2"][n]
            ),
        )
    for n in range(5):
        yield Picture(f"animated-{n}.avif", "avifenc, three frames", animation)
    for n in range(4):
        yield Picture(
            f"alpha-{n}.avif",
            "avifenc with alpha",
            lambda c: avif([png(c, c.randint(16, 99), c.randint(16, 99), 6, 8)]),
        )
    for n in range(2):
        yield Picture(
            f"exif-{n}.avif",
            "avifenc of a JPEG with EXIF of 60 KB",
            lambda c: avif(
                [behind_jfif(run("cjpeg", given=blur(c, 99, c.randint(32, 200))), exif(c, 60_000))],
                suffix=".jpg",
            ),
        )
    yield from assembled_pictures("avif")


def pictures():
    yield from heics()
    yield from avifs()
