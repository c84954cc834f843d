"""Generates types from the description of the API, type-checks client.ts with them, and lets it do
a job with the real program.
"""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "end_to_end"))
import harness  # noqa: E402; it is in the other folder

PHOTO = harness.PHOTOS / "aisle-palette.png"
NODE = os.environ.get("NODE", "node")
OPENAPI = os.environ.get("OPENAPI", harness.PROGRAM.parent / "api/openapi.json")


def run(*command, folder):
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=harness.PATIENCE,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def built_client(folder):
    """client.ts as JavaScript, after it has passed the type checker."""
    packages = HERE / "node_modules"
    if not packages.exists():
        sys.exit(f"{packages} is missing; scripts/test installs it")
    (folder / "node_modules").symlink_to(packages)
    for name in ("client.ts", "node.d.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / name, folder)
    run(NODE, packages / "openapi-typescript/bin/cli.js", OPENAPI, "-o", "api.d.ts", folder=folder)
    run(NODE, packages / "typescript/bin/tsc", "-p", ".", folder=folder)
    return folder / "out/client.js"


def main():
    with tempfile.TemporaryDirectory(prefix="retail-pulse-client-") as name:
        folder = pathlib.Path(name)
        client = built_client(folder)
        origin = harness.Origin()
        with harness.Service("--gpu-delay", "0") as service:
            good = f"{origin.url}/{PHOTO.name}"
            told = json.loads(
                run(
                    NODE,
                    client,
                    f"http://127.0.0.1:{service.port}",
                    good,
                    f"{origin.url}/missing/x.jpg",
                    folder=folder,
                )
            )
        origin.close()
    perimeter = 2 * sum(
        struct.unpack(">II", PHOTO.read_bytes()[16:24])
    )  # where a PNG has its width and height
    expected = {
        "status": "failed",
        "images": {"total": 3, "done": 3, "failed": 1},
        "failures": [["S00339218", "http_status"]],
        "states": ["succeeded", "failed", "succeeded"],
        "perimeters": [perimeter, None, perimeter],
        "results": [0, 1, 2],
        "conserved": True,
        "refused": "job_not_found",
    }
    if told != expected:
        sys.exit(f"expected {expected}\n    told {told}")
    print("the generated client did a job and read all about it")


main()
