"""Image hosts: what a fetch may cost and where it may lead."""

from table import attack, expect, expect_equal  # noqa: F401
