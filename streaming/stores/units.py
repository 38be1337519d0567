"""Bytes as every screen writes them. Entry point: `size`. Failure: none."""

UNITS = ("B", "kB", "MB", "GB", "TB")


def size(count: float) -> str:
    """By 1024, in two or three digits: `999 B`, `1.5 kB`, `28 MB`; less than nothing has its sign."""
    value, unit = float(count), 0
    while abs(value) >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:,.0f} {UNITS[unit]}" if unit == 0 or abs(value) >= 10 else f"{value:.1f} {UNITS[unit]}"
