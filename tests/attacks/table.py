"""The table of attacks on the service, and what runs it. The attacks are in the modules beside this
one, an area each.
"""

import contextlib
import pathlib
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "end_to_end"))
from harness import PROGRAM, Client, Origin, Service  # noqa: E402

ALL = []


class Attack:
    """`name`: what is done, "area: attack". `holds`: what the service promises all the same. `run`
    does the one and looks at the other.
    """

    def __init__(self, name, holds, run):
        self.name, self.holds, self.run = name, holds, run


def attack(name, holds):
    """Makes a function an entry of the table. It is given a `World`, and raises AssertionError
    where the promise is broken.
    """

    def add(run):
        ALL.append(Attack(name, holds, run))
        return run

    return add


class World(contextlib.ExitStack):
    """What an attack may start; it ends with the attack."""

    def service(self, *flags, **more):
        """The real program, ready, with the flags given: see `harness.Service`."""
        return self.enter_context(Service(*flags, **more))

    def origin(self, delay=0.0):
        """An image host: see `harness.Origin`."""
        made = Origin(delay)
        self.callback(made.close)
        return made

    def connect(self, port, source="127.0.0.1"):
        """A connection to a port of 127.0.0.1, from any address of loopback: to the service each of
        them is another client.
        """
        made = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))
        return self.enter_context(made)


class Stranger(Client):
    """A client that comes from an address of its own."""

    def __init__(self, port, source):
        self.port, self.source = port, source


def is_sanitized():
    """Whether the program takes terabytes of addresses, as under a sanitizer, which keeps what was
    freed: its memory says nothing then.
    """
    return (
        subprocess.run(
            ["prlimit", f"--as={300 << 20}", str(PROGRAM), "--version"],
            capture_output=True,
            check=False,
        ).returncode
        != 0
    )


def expect(condition, otherwise):
    """The promise, or what was seen in its place."""
    if not condition:
        raise AssertionError(otherwise)


def expect_equal(seen, promised, about=""):
    expect(seen == promised, f"{about + ': ' if about else ''}{seen!r} in place of {promised!r}")
