"""Files beside the service: links, modes, what is cleaned."""

from table import attack, expect, expect_equal  # noqa: F401
