"""What `manage.py distribute` shows of the verified catalog. Entry point: `lines`. Failure: none."""

from streaming.stores.citus.verifying import TableReport, Verification

FORM = "{:<20} {:<12} {:>6} {:>11} {:>12} {:>12} {:>8}".format


def lines(verified: Verification) -> list[str]:
    """A line per table, in columns, and the totals; the findings are not in it."""
    return [
        FORM("table", "place", "shards", "colocation", "rows before", "rows now", "deleted"),
        *(_line(each) for each in verified.tables),
        f"foreign keys in place and valid: {verified.keys}; tasks to read one title: {verified.tasks}",
    ]


def _line(each: TableReport) -> str:
    compared = each.rows_before is not None
    return FORM(
        each.table,
        each.place.kind,
        each.place.shards,
        each.place.colocation,
        f"{each.rows_before:,}" if compared else "",
        f"{each.rows:,}",
        f"{each.deleted:,}" if compared else "",
    )
