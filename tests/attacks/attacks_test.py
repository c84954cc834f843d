#!/usr/bin/env python3
"""Everything that we know a stranger may try on the service, each with what must hold, against the
real program.

usage: attacks_test.py [--list] [WORD...]
With words: only the attacks whose names contain one of them. Exit code 1 when a promise did not
hold.
"""

import sys
import time
import traceback

import asks  # noqa: F401
import callbacks  # noqa: F401
import fetching  # noqa: F401
import files  # noqa: F401
import shares  # noqa: F401
import submissions  # noqa: F401
import texts  # noqa: F401
from table import ALL, World


def main(words):
    chosen = [a for a in ALL if not words or any(word in a.name for word in words)]
    if not chosen:
        sys.exit(f"no attack has a name with {' or '.join(words)}")
    if "--list" in sys.argv:
        for one in chosen:
            print(f"{one.name}\n    {one.holds}")
        return 0
    broken = 0
    for one in chosen:
        began = time.monotonic()
        try:
            with World() as world:
                one.run(world)
            said = "holds "
        except Exception:  # whatever ends an attack early, the others are still made
            broken += 1
            said = "BROKEN"
            traceback.print_exc()
        print(
            f"{said} {time.monotonic() - began:6.1f} s  {one.name}\n                 {one.holds}",
            flush=True,
        )
    print(f"{len(chosen)} attacks, {broken} promises broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main([word for word in sys.argv[1:] if not word.startswith("--")]))
