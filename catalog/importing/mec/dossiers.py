"""A title's dossier: all that MEC records have said of it, as `content_sources` keeps it.

Plain JSON: `core` is the title's own record; a series has in `parts`, by content id, what its seasons and episodes are
(`of` is the content id of what each is part of, `core` its record). A dossier grows by what further files bring, for
the trade delivers a series as many small files. Without `core` it has parts of a title that something else brought.

Entry points: `dossier_with`, `title_in`.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from catalog.importing.mec.details import Reading
from catalog.importing.mec.titles import CID, episode_of, kind_of, season_of, title_of
from catalog.importing.records import ExternalId, Record, Title
from catalog.importing.spool import SpooledRecord
from catalog.importing.xml import Element, element_of

BARE = Title(title="", content_type="")  # says nothing of the title itself
ONLY_SEASON = 1  # of an episode whose parent is the series itself


def dossier_with(dossier: Record, records: Iterable[SpooledRecord]) -> Record:
    """The dossier with these records in place of what it had of the same content ids."""
    core: Any = dossier.get("core")
    parts = dict(dossier.get("parts", {}))
    for kept in records:
        if kept.kind in ("season", "episode"):
            parts[kept.key] = {"of": kept.parent, "core": kept.record}
        else:
            core = kept.record
    return {**({"core": core} if core else {}), **({"parts": parts} if parts else {})}


def title_in(dossier: Record) -> Title:
    """What the dossier says; without `core` nothing of the title itself."""
    title = title_of(basic_of(dossier["core"]), Reading()) if "core" in dossier else BARE
    parts = {
        cid: (said["of"], basic_of(said["core"])) for cid, said in sorted(dossier.get("parts", {}).items())
    }
    seasons = {
        cid: season_of(basic, Reading()) for cid, (_, basic) in parts.items() if kind_of(basic) == "season"
    }
    numbers = {cid: season.number for cid, season in seasons.items()}
    episodes = [
        episode_of(basic, numbers.get(of, ONLY_SEASON), Reading())
        for cid, (of, basic) in parts.items()
        if cid not in seasons
    ]
    return replace(
        title,
        seasons=tuple(sorted(seasons.values())),
        episodes=tuple(sorted(episodes, key=lambda each: (each.season_number, each.number))),
        external_ids=(*title.external_ids, *(ExternalId(CID, cid) for cid in parts)),
    )


def basic_of(core: Record) -> Element:
    """The `Basic` of a `CoreMetadata` that was kept."""
    return element_of("mdmec:Basic", core["mdmec:Basic"][0])
