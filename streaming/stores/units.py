"""Counts and bytes as every screen and message writes them. Entry points: `counted`, `size`. Failure: none."""

UNITS = ("B", "kB", "MB", "GB", "TB")


def size(count: float) -> str:
    """By 1024, in two or three digits: `999 B`, `1.5 kB`, `28 MB`; less than nothing has its sign."""
    value, unit = float(count), 0
    while abs(value) >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:,.0f} {UNITS[unit]}" if unit == 0 or abs(value) >= 10 else f"{value:.1f} {UNITS[unit]}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with what it is of: `1 row`, `0 rows`, `1,204 rows`; `plural` where it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
