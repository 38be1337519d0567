"""Texts of strangers as cells of a CSV file. Entry points: `no_formula`, `Cell`. Failure: none."""

Cell = str | int | float | None
# A spreadsheet takes a cell that begins so for a formula; before one it passes over a tab and a carriage return.
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def no_formula(cell: Cell) -> Cell:
    """The cell as a spreadsheet shows it and computes nothing; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(BEGINS_FORMULA) else cell
