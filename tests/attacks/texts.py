"""Strangers' texts in spreadsheets and on terminals."""

from table import attack, expect, expect_equal  # noqa: F401
