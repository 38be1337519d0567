"""Two titles with licences, and what licensors and editors do to them. Licences of Great Britain begin in winter, when
its time is UTC."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.merging import content_unmerge, contents_merge
from catalog.models import AvailabilityWindow, Content, ContentMerge, Source
from catalog.registries import Ref
from catalog.services import contents_touch, external_ids_add
from catalog.visibility import Audience
from tests.catalog.importing.movielabs import avail, avails, noted, run, transaction
from tests.factories import ContentFactory

Pair = tuple[Content, Content]
UNCHANGED = "1 row: 0 new, 0 changed, 1 unchanged, 0 rejected"
CHANGED = "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"
CLOSED = "WW svod, always – 1970-01-01 00:00"


def named(*names: str) -> tuple[Content, ...]:
    """Titles that avails know by their names."""
    titles = tuple(ContentFactory(title=name) for name in names)
    for title in titles:
        external_ids_add(content_id=title.content_id, refs=[Ref("cid", title.title)])
    return titles


def of(title: str, alid: str, start: int, end: int | None, **said: str) -> str:
    """An avail of Great Britain from one year until another."""
    opened = transaction(
        f"{alid}-1", territories="GB", start=f"{start}-01-01", end=f"{end}-01-01T00:00:00" if end else ""
    )
    return avail(alid, opened, title_eidr="", asset=title, **said)


def imported(tmp_path: Path, *entries: str) -> tuple[str, list[str]]:
    """The counts, and the reasons in the report."""
    path, report = tmp_path / "avails.xml", tmp_path / "report.csv"
    path.write_text(avails(*entries), encoding="utf-8")
    return run("import_avails", path, report=report)[0], [reason for _, _, reason in noted(report)]


def window(title: Content, start: int | None, end: int | None, territory: str = "GB") -> AvailabilityWindow:
    """As an editor enters one."""
    starts_at, ends_at = (datetime(year, 1, 1, tzinfo=UTC) if year else None for year in (start, end))
    row = AvailabilityWindow.objects.create(
        content=title, territory=territory, starts_at=starts_at, ends_at=ends_at
    )
    contents_touch([title.content_id])
    return row


def windows(title: Content) -> list[str]:
    return [str(row) for row in AvailabilityWindow.objects.filter(content=title)]


def years(*spans: Sequence[int | None]) -> list[str]:
    return [
        f"GB svod, {f'{start}-01-01 00:00' if start else 'always'} – {f'{end}-01-01 00:00' if end else 'on'}"
        for start, end in spans
    ]


def is_shown(title: Content, territory: str = "GB") -> bool:
    shown = Content.objects.public(Audience.now(territory=territory))
    return bool(shown.filter(content_id=title.content_id).exists())


def state(*titles: Content) -> dict[str, Any]:
    of_both: dict[str, Any] = {"content__in": titles}
    return {
        "windows": sorted(AvailabilityWindow.objects.filter(**of_both).values_list(), key=repr),
        "sources": sorted(Source.objects.filter(**of_both).values_list(), key=repr),
        "gates": [Content.objects.get(pk=title.pk).availability for title in titles],
    }


def merge(pair: Pair) -> list[str]:
    loser, survivor = pair
    return contents_merge(loser_id=loser.content_id, survivor_id=survivor.content_id).left


def undo(pair: Pair) -> list[str]:
    return content_unmerge(content_id=pair[0].content_id)


def as_noted_before(*losers: Content, last: bool) -> None:
    """Has merges say what the last release noted of avails, or the one before it: that one did so where the loser had
    a dossier. Neither kept in dossiers what was taken back."""
    for loser in losers:
        merge = ContentMerge.objects.get(content=loser)
        del merge.undo["withdrawals_are_kept"]
        own = merge.undo.pop("own_avails") or None
        if last:
            merge.undo["own_avails"] = own
        else:
            has_dossier = Source.objects.filter(content=loser, scheme="avails").exists()
            merge.undo["avails_are_first"] = has_dossier and own is None
        merge.save()


def forget_what_was_taken_back(*titles: Content) -> None:
    for source in Source.objects.filter(content__in=titles, scheme="avails"):
        source.record.pop("withdrawn", None)
        source.save()
