"""What an import leaves is what a touch would: the feed, the tick and who sees a title rest on it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.models import Change, Content, SearchDocument
from catalog.services import contents_touch, visibility_tick
from tests.catalog.importing.conftest import Listing
from tests.catalog.importing.dumps import MOVIE, changed, import_imdb, written
from tests.catalog.importing.importing import id_of, import_titles
from tests.catalog.importing.movielabs import core, episode, info, mec, run

SERIES = "md:cid:org:studio.example:ferry"


def derived() -> list[list[dict[str, Any]]]:
    """Each title's row but for the moment of its change, its document, and what the feed says is shown."""
    titles = [
        {name: value for name, value in row.items() if name != "updated_at"}
        for row in Content.objects.order_by("content_id").values()
    ]
    documents = [dict(row) for row in SearchDocument.objects.order_by("content_id").values()]
    changes = Change.objects.order_by("content_id")
    shown = [dict(row) for row in changes.values("content_id", "kind", "shown")]
    return [titles, documents, shown]


def touch_all() -> None:
    contents_touch(Content.objects.values_list("content_id", flat=True))


def test_a_touch_finds_an_imported_listing_as_it_would_leave_it(stores: None, listing: Listing) -> None:
    import_titles(
        listing(
            {},
            {"show_id": "s2", "date_added": "September 25, 2099", "rating": "TV-MA"},
            {"show_id": "s3", "date_added": ""},
        )
    )
    imported = derived()
    touch_all()

    assert derived() == imported


def test_a_touch_finds_an_imported_dump_as_it_would_leave_it(stores: None, tmp_path: Path) -> None:
    import_imdb(written(tmp_path / "dump", changed("title.basics", MOVIE, startYear="2099")))
    imported = derived()
    touch_all()

    assert derived() == imported


def test_a_touch_finds_imported_records_as_it_would_leave_them(stores: None, tmp_path: Path) -> None:
    path = tmp_path / "mec.xml"
    ids = [f"{SERIES}-{number}" for number in range(2)]
    records = [core(ids[0]), core(SERIES, work="Series"), episode(ids[1], SERIES, 1)]
    path.write_text(mec(*records), encoding="utf-8")
    run("import_mec", path)
    imported = derived()
    touch_all()

    assert derived() == imported


def test_a_touch_finds_a_title_of_many_names_as_it_would_leave_it(stores: None, tmp_path: Path) -> None:
    """Keeps away: other titles before translations in an imported document, and behind them in one written anew."""
    path = tmp_path / "mec.xml"
    others = "".join(
        f'<md:TitleAlternate type="alternative">{said}</md:TitleAlternate>'
        for said in ("the last Boat", "Östersjön", "The Last Boat")
    )
    infos = info("en", title="Night Ferry", default=True, rest=others) + "".join(
        info(language, title=title, rest=f"<md:Summary190>{title} fährt.</md:Summary190>")
        for language, title in (("pt-BR", "Balsa"), ("de", "Nachtfähre"), ("pt", "Barco"))
    )
    pictures = "".join(
        f'<md:ArtReference resolution="{size}" purpose="poster">https://art.example/{name}.jpg</md:ArtReference>'
        for name in ("b", "a", "c")
        for size in ("1000x1500", "500x750")
    )
    genres = "".join(f"<md:Genre>{name}</md:Genre>" for name in ("thriller", "Drama", "Épopée"))
    infos = infos.replace("</md:LocalizedInfo>", f"{genres}</md:LocalizedInfo>", 1)
    infos = infos.replace("</md:TitleDisplayUnlimited>", f"</md:TitleDisplayUnlimited>{pictures}")
    path.write_text(mec(core(SERIES, infos=infos)), encoding="utf-8")
    run("import_mec", path)
    imported = derived()
    (document,) = imported[1]

    assert document["names"] == "night ferry nachtfahre barco balsa the last boat ostersjon"
    assert document["labels"] == "drama thriller epopee"
    assert document["summaries"] == "nachtfahre fahrt barco fahrt balsa fahrt"
    assert document["shown"]["titles"] == {
        "de": "Nachtfähre",
        "en": "Night Ferry",
        "pt": "Barco",
        "pt-BR": "Balsa",
    }
    languages = [poster["language"] for poster in document["shown"]["posters"]]
    assert languages == ["de", "en", "pt", "pt-BR"]
    touch_all()

    assert derived() == imported


def test_an_imported_date_that_comes_is_told_of(
    stores: None, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imports left out when time changes a title next, and no tick ever found one due."""
    import_titles(listing({"date_added": "September 25, 2099"}, {"show_id": "s2"}))
    assert not Change.objects.get(content_id=id_of("s1")).shown

    with monkeypatch.context() as clock:
        clock.setattr(
            "catalog.services.visibility.timezone.now", lambda: datetime(2099, 9, 25, 1, tzinfo=UTC)
        )
        assert visibility_tick() == 1

    assert Change.objects.get(content_id=id_of("s1")).shown
