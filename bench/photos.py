"""The photos for measuring speed: 64 JPEGs of 27 to 353 kB, 190 kB on average, a quarter of them
progressive. ImageMagick
makes them from seeded noise, the same on every machine; they are kept in a folder between runs."""

import concurrent.futures
import pathlib
import shutil
import subprocess

COUNT, SMALLEST, LARGEST = 64, 27_000, 353_000


def make(folder):
    """Makes the missing ones in the folder, and returns the names."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    names = [f"photo-{i:02}.jpg" for i in range(COUNT)]
    missing = [i for i, name in enumerate(names) if not (folder / name).exists()]
    if missing:
        if shutil.which("convert") is None:
            raise SystemExit("bench: ImageMagick's convert is missing; scripts/bench installs it")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda i: _photo(folder / names[i], i), missing))
    return names


def _photo(path, i):
    """Chooses a quality that gives a file a little smaller than wanted, and fills it up with
    comments behind the frame
    header, so that sizes do not depend on the version of the encoder."""
    size = SMALLEST + (LARGEST - SMALLEST) * i // (COUNT - 1)
    width, height = 800 + 16 * (i % 32), 600 + 16 * (i % 24)
    progressive = ["-interlace", "JPEG"] if i % 4 == 3 else []
    subprocess.run(
        [
            "convert",
            "-size",
            f"{width}x{height}",
            "-seed",
            str(i),
            "plasma:fractal",
            "-attenuate",
            "0.4",
            "+noise",
            "Gaussian",
            "-sampling-factor",
            "4:2:0",
            *progressive,
            "-define",
            f"jpeg:extent={size * 97 // 100}B",
            f"jpeg:{path}.new",
        ],
        check=True,
    )
    file = pathlib.Path(f"{path}.new")
    data = file.read_bytes()
    missing = max(0, size - len(data))
    notes = b""
    while missing >= 6:
        part = min(missing, 65_537)
        notes += b"\xff\xef" + (part - 2).to_bytes(2, "big") + bytes(part - 4)
        missing -= part
    at = _start_of_scan(data)
    file.write_bytes(data[:at] + notes + data[at:])
    file.rename(path)


def _start_of_scan(data):
    """Where the first SOS segment begins (ITU-T T.81, annex B)."""
    at = 2
    while data[at + 1] != 0xDA:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at
