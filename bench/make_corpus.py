"""Draws a corpus of more than a thousand image files of every supported format, and asks
independent decoders for the dimensions of each.

The output is deterministic for given versions of the tools. Every file is decoded to its last pixel
by Debian's decoders, never by code of this project; manifest.json keeps their answers. A file that
they refuse is an error, except for a few that the service has to refuse. Run by bench/corpus.py;
takes some minutes.

usage: python3 bench/make_corpus.py FOLDER
"""

import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from pictures import heif, jpeg, raster, raw, run, tiff, webp  # noqa: E402

# By suffix, where that is not the name.
FORMATS = {
    "jpg": "jpeg",
    "tif": "tiff",
    "psb": "psd",
    "dng": "tiff",
    "nef": "tiff",
    "arw": "tiff",
    "cr2": "tiff",
}
REFUSED = {"cr2": "unsupported_format"}  # expected error codes by suffix


def pixmap_size(content):
    """Of a PPM that is there to its last pixel."""
    kind, width, height, most, _ = content.split(maxsplit=4)
    head = content.index(most, len(kind) + len(width) + len(height) + 3) + len(most) + 1
    samples, sample_bytes = {b"P5": 1, b"P6": 3}[kind], 1 if int(most) < 256 else 2
    if len(content) != head + int(width) * int(height) * samples * sample_bytes:
        raise RuntimeError("the decoder gave fewer pixels than it announced")
    return int(width), int(height)


def by_libjpeg(path):
    return pixmap_size(run("djpeg", "-pnm", path))


def by_imagemagick(path, *before_output):
    return pixmap_size(
        run(
            "convert",
            path,
            *before_output,
            "-strip",
            "-alpha",
            "off",
            "-colorspace",
            "sRGB",
            "-depth",
            "8",
            "ppm:-",
        )
    )


def first_picture(path):
    return by_imagemagick(f"{path}[0]")


def screen(path):
    """Of an animation, the first frame on its canvas, which a viewer shows."""
    return by_imagemagick(path, "-coalesce", "-delete", "1--1")


def by_libwebp(path):
    if b"ANMF" in path.read_bytes():
        return screen(path)
    return pixmap_size(run("dwebp", "-quiet", path, "-ppm", "-o", "-"))


def by_libheif(path):
    """As shown: cropped and turned. libheif numbers its outputs when the file has several pictures;
    the primary one is the first.
    """
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        info = run("heif-info", path).decode()
        run("heif-convert", "--quiet", path, f"{folder}/out.png")
        outputs = sorted(pathlib.Path(folder).glob("*.png"))
        if len(outputs) == 1:
            return first_picture(outputs[0])
        images = [line for line in info.splitlines() if line.startswith("image:")]
        primary = next(n for n, line in enumerate(images) if "primary" in line)
        return first_picture(outputs[primary])


def by_libavif(path):
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        run("avifdec", path, f"{folder}/out.png")
        return first_picture(f"{folder}/out.png")


def avif(path):
    """libavif neither crops nor turns, so it is asked only about the animations that libheif does
    not read.
    """
    return by_libavif(path) if path.read_bytes()[8:12] == b"avis" else by_libheif(path)


def largest(path):
    """Of all pictures in an icon."""
    count = len(run("identify", path).splitlines())
    return max(
        (by_imagemagick(f"{path}[{n}]") for n in range(count)), key=lambda size: size[0] * size[1]
    )


def by_dcraw(path):
    """The sensor's picture as stored, of 16 bits."""
    return pixmap_size(run("dcraw", "-D", "-4", "-c", path))


ORACLES = {
    "dng": by_dcraw,
    "nef": by_dcraw,
    "arw": by_dcraw,
    "jpeg": by_libjpeg,
    "gif": screen,
    "webp": by_libwebp,
    "heic": by_libheif,
    "avif": avif,
    "ico": largest,
}


def draw(folder, picture):
    suffix = picture.name.rsplit(".", 1)[1]
    kind = FORMATS.get(suffix, suffix)
    path = folder / kind / picture.name
    path.parent.mkdir(exist_ok=True)
    content = picture.draw(random.Random(f"{kind}/{picture.name}"))
    path.write_bytes(content)
    drawn = {
        "path": f"{kind}/{picture.name}",
        "format": kind,
        "how": picture.how,
        "bytes": len(content),
    }
    if suffix in REFUSED:
        return drawn | {"code": REFUSED[suffix]}
    try:
        width, height = ORACLES.get(suffix, ORACLES.get(kind, first_picture))(path)
    except (RuntimeError, ValueError, StopIteration) as refusal:
        raise RuntimeError(f"{path} ({picture.how}): {refusal!r}") from refusal
    return drawn | {"width": width, "height": height}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.rstrip().splitlines()[-1])
    target = pathlib.Path(sys.argv[1])
    folder = target.with_name(target.name + ".unfinished")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for grain in (20, 45):
        jpeg.scene(grain)  # made here, because two threads must not make it at once
    files, refused = [], []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        order = [
            picture
            for module in (jpeg, raster, tiff, raw, webp, heif)
            for picture in module.pictures()
        ]
        for drawing in [pool.submit(draw, folder, picture) for picture in order]:
            try:
                files.append(drawing.result())
            except RuntimeError as why:
                refused.append(str(why))
    if refused:
        sys.exit("\n".join(refused))
    (folder / "manifest.json").write_text(json.dumps({"files": files}, indent=1) + "\n")
    shutil.rmtree(target, ignore_errors=True)
    folder.rename(target)
    print(f"{len(files)} files, {sum(each['bytes'] for each in files) / 1e6:.0f} MB in {target}")


if __name__ == "__main__":
    main()
