"""Clients that take more than their share: connections, memory, threads, time."""

from table import attack, expect, expect_equal  # noqa: F401
