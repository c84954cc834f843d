"""Who may ask: other sites' pages in an operator's browser, names that lead here."""

from table import attack, expect, expect_equal  # noqa: F401
