"""Submissions that cost more than they weigh, and requests that are not quite HTTP."""

from table import attack, expect, expect_equal  # noqa: F401
