"""Callbacks: receivers that stall, places that a POST must not reach."""

from table import attack, expect, expect_equal  # noqa: F401
