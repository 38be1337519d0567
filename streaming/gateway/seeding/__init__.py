"""Seeding: demo data that agrees across the four stores, the same for the same order.

`seed` checks, empties when told to, and writes the stores one after the other: catalog, viewers and plays,
the days' sums, counters, reviews. Each PostgreSQL step is one transaction. Whether anything is there is asked
first, and titles are emptied last and written first, so a run that was cut short is met by a refusal without
`replace` and mended by a run with it. `report_lines` says what came of it.

Failure: `SeedRefused`, before anything was touched; `StoreUnavailable`; Django's database errors.
"""

from streaming.gateway.seeding.order import SeedOrder, SeedRefused, StoresNotEmpty
from streaming.gateway.seeding.report import report_lines
from streaming.gateway.seeding.run import Seeded, left_unfinished, seed

__all__ = ["SeedOrder", "SeedRefused", "Seeded", "StoresNotEmpty", "left_unfinished", "report_lines", "seed"]
