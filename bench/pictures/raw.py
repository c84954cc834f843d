"""Camera raw files in TIFF's structure, written here as cameras lay them out: previews first, the
raw picture in a directory that one of them
holds. Their samples are not compressed, so that any raw converter decodes them."""

import struct

from . import Picture
from .tiff import ASCII, BYTE, LONG, SHORT, directory_bytes

REDUCED, FULL = 1, 0


def raw_picture(chance, width, height):
    """Entries and samples of a sensor's picture, of 16 bits each."""
    entries = [
        (254, LONG, [FULL]),
        (256, LONG, [width]),
        (257, LONG, [height]),
        (258, SHORT, [16]),
        (259, SHORT, [1]),
        (262, SHORT, [32803]),
        (277, SHORT, [1]),
        (278, LONG, [height]),
        (33421, SHORT, [2, 2]),
        (33422, BYTE, b"\0\1\1\2"),
    ]
    return entries, chance.randbytes(2 * width * height)


def preview(chance, width, height, kind=REDUCED):
    entries = [
        (256, LONG, [width]),
        (257, LONG, [height]),
        (258, SHORT, [8, 8, 8]),
        (259, SHORT, [1]),
        (262, SHORT, [2]),
        (277, SHORT, [3]),
        (278, LONG, [height]),
    ]
    return ([] if kind is None else [(254, LONG, [kind])]) + entries, chance.randbytes(
        3 * width * height
    )


def assembled(order, pages, inner, mark=b""):
    """`pages`: a chain; `inner`: what the first page holds. The directories come first, then all
    samples.
    """
    everything = pages + inner

    def with_places(places, data_at):
        found = []
        for n, (entries, data) in enumerate(everything):
            made = list(entries)
            if data:
                made += [(273, LONG, [data_at[n]]), (279, LONG, [len(data)])]
            if n == 0 and inner:
                made.append((330, LONG, places[len(pages) :]))
            following = places[n + 1] if n + 1 < len(pages) else 0
            written = directory_bytes(order, places[n], made, following)
            found.append(written + bytes(len(written) % 2))
        return found

    none = [0] * len(everything)
    lengths = [len(each) for each in with_places(none, none)]
    places, at = [], 8 + len(mark)
    for length in lengths:
        places.append(at)
        at += length
    data_at = []
    for _, data in everything:
        data_at.append(at)
        at += len(data)
    header = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, places[0]) + mark
    return (
        header + b"".join(with_places(places, data_at)) + b"".join(data for _, data in everything)
    )


def named(picture, make, model):
    entries, data = picture
    return entries + [(271, ASCII, make), (272, ASCII, model)], data


def dng(chance, order):
    size = 2 * chance.randint(100, 500), 2 * chance.randint(100, 400)
    entries, data = named(preview(chance, 256, 192), b"Corpus\0", b"Corpus One\0")
    first = entries + [(50706, BYTE, b"\1\4\0\0"), (50708, ASCII, b"Corpus One\0")], data
    inner = [raw_picture(chance, *size), preview(chance, 96, 64)]
    return assembled(order, [first], inner[:: chance.choice([1, -1])])


def dng_of_one_picture(chance, order):
    size = 2 * chance.randint(100, 500), 2 * chance.randint(100, 400)
    entries, data = named(raw_picture(chance, *size), b"Corpus\0", b"Corpus One\0")
    return assembled(
        order, [(entries + [(50706, BYTE, b"\1\4\0\0"), (50708, ASCII, b"Corpus One\0")], data)], []
    )


def nef(chance):
    size = 2 * chance.randint(200, 500), 2 * chance.randint(200, 400)
    first = named(preview(chance, 160, 120), b"NIKON CORPORATION\0", b"NIKON CORPUS\0")
    return assembled(">", [first], [preview(chance, 200, 150), raw_picture(chance, *size)])


def arw(chance, kind):
    size = 2 * chance.randint(200, 500), 2 * chance.randint(200, 400)
    first = named(preview(chance, 161, 108, kind), b"SONY\0", b"CORPUS-7\0")
    return assembled("<", [first, preview(chance, 40, 30)], [raw_picture(chance, *size)])


def cr2(chance):
    """The raw picture's directory tells no size."""
    pages = [
        named(preview(chance, 140, 93, None), b"Canon\0", b"Canon CORPUS\0"),
        preview(chance, 80, 60, None),
        preview(chance, 36, 23, None),
        ([(259, SHORT, [6])], chance.randbytes(5000)),
    ]
    return assembled("<", pages, [], b"CR\2\0" + struct.pack("<I", 0))


def pictures():
    for n in range(8):
        order = "<>"[n % 2]
        yield Picture(
            f"raw-{n}.dng",
            f"DNG, {'little' if order == '<' else 'big'}-endian, two previews",
            lambda c, o=order: dng(c, o),
        )
    for n in range(2):
        yield Picture(
            f"raw-single-{n}.dng",
            "DNG without previews",
            lambda c, o="<>"[n]: dng_of_one_picture(c, o),
        )
    for n in range(6):
        yield Picture(f"raw-{n}.nef", "NEF, two previews", nef)
    for n in range(6):
        yield Picture(
            f"raw-{n}.arw", "ARW, two previews", lambda c, k=(REDUCED, None)[n % 2]: arw(c, k)
        )
    for n in range(2):
        yield Picture(f"raw-{n}.cr2", "CR2, whose raw picture tells no size", cr2)
