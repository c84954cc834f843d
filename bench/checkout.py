"""Which commit is measured."""

import subprocess


def commit_of(folder):
    """The short hash of the commit checked out in a folder; "unknown" without git or outside a
    checkout.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        return "unknown"
    return done.stdout.strip() or "unknown"
