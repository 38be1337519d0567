"""MovieLabs Avails: what opens a title where, when and how, and what closes it again."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from catalog.models import AvailabilityWindow, Content, ExternalIdClaim, Source
from tests.catalog.importing.importing import whole_catalog
from tests.catalog.importing.movielabs import (
    avail,
    avails,
    core,
    episode,
    mec,
    noted,
    run,
    season,
    transaction,
)
from tests.factories import ContentFactory

EIDR = "10.5240/1111-2222-3333-4444-5555-S"
SERIES = "md:cid:org:studio.example:ferry"
CLOSED = ("WW", "svod", None, datetime(1970, 1, 1, tzinfo=UTC))
Windows = list[tuple[str, str, datetime | None, datetime | None]]


@pytest.fixture
def movie(stores: None) -> Content:
    """A title without windows, known by its EIDR."""
    return known(ContentFactory(), "eidr", EIDR)


def known(title: Content, scheme: str, value: str) -> Content:
    ExternalIdClaim.objects.create(
        id=f"{scheme}:{value}", scheme=scheme, value=value, content_id=title.content_id
    )
    return title


def windows() -> Windows:
    rows = AvailabilityWindow.objects.order_by("territory", "licence", "starts_at")
    return list(rows.values_list("territory", "licence", "starts_at", "ends_at"))


def written(tmp_path: Path, *entries: str) -> Path:
    path = tmp_path / "avails.xml"
    path.write_text(avails(*entries), encoding="utf-8")
    return path


def imported(tmp_path: Path, *entries: str, **options: Any) -> tuple[str, list[tuple[str, str, str]]]:
    """The counts, and what the report has."""
    report = tmp_path / "report.csv"
    counts = run("import_avails", written(tmp_path, *entries), report=report, **options)[0]
    return counts, sorted(noted(report))


def utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_an_avail_opens_its_title(movie: Content, tmp_path: Path) -> None:
    counts, notes = imported(
        tmp_path,
        avail(
            "a1",
            transaction(
                "t1", licence="SVOD", territories="DE", start="2024-01-01", end="2024-06-30T22:00:00Z"
            ),
            transaction("t2", licence="EST", territories="US", start="2024-01-01T00:00:00", end=""),
        ),
    )

    assert (counts, notes) == ("1 row: 0 new, 1 changed, 0 unchanged, 0 rejected", [])
    assert windows() == [
        ("DE", "svod", utc(2023, 12, 31, 23), utc(2024, 6, 30, 22)),
        ("US", "est", utc(2024, 1, 1, 5), None),
    ]
    after = Content.objects.get()
    assert [span[0] for span in after.availability or ()] == ["DE", "US"]
    assert (after.title, after.content_type, after.status) == (movie.title, "movie", "published")


def test_an_avail_leaves_a_rating_of_nought(movie: Content, tmp_path: Path) -> None:
    """Keeps away: a rating of 0.0 taken for none, and so for what a source that knows no ratings may take away."""
    Content.objects.update(rating="0.0")

    for end in ("2024-06-30", "2024-07-31"):
        assert imported(tmp_path, avail("a1", transaction("t1", end=end)))[0].startswith(
            "1 row: 0 new, 1 changed"
        )
        assert str(Content.objects.get().rating) == "0.0"


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ("EST", "est"),
        ("VOD", "tvod"),
        ("TVOD", "tvod"),
        ("PVOD", "tvod"),
        ("SVOD", "svod"),
        ("svod", "svod"),
        ("Library", "svod"),
        ("Pre-Release", "svod"),
        ("AVOD", "avod"),
        ("FVOD", "fvod"),
        ("FOD", "fvod"),
    ],
)
def test_licence_types_are_licences(movie: Content, tmp_path: Path, said: str, licence: str) -> None:
    imported(tmp_path, avail("a1", transaction("t1", licence=said)))

    assert [window[1] for window in windows()] == [licence]


@pytest.mark.parametrize(
    ("territory", "start", "end", "starts_at", "ends_at"),
    [
        # An end that is a date is all of that day there; a time is the first moment after.
        ("DE", "2024-03-01", "2024-03-31", utc(2024, 2, 29, 23), utc(2024, 3, 31, 22)),
        ("DE", "2024-03-01T00:00:00", "2024-03-31T00:00:00", utc(2024, 2, 29, 23), utc(2024, 3, 30, 23)),
        # What the trade writes for the end of a day.
        ("DE", "2024-03-01", "2024-03-31T23:59:59", utc(2024, 2, 29, 23), utc(2024, 3, 31, 22)),
        ("DE", "2024-03-01", "2024-03-31T23:59:59Z", utc(2024, 2, 29, 23), utc(2024, 4, 1)),
        # With an offset of its own it is that moment everywhere.
        ("US", "2024-03-01T00:00:00+09:00", "2024-04-01T00:00:00Z", utc(2024, 2, 29, 15), utc(2024, 4, 1)),
        # Of several time zones the first to get there counts.
        ("US", "2024-07-01", "2024-07-31", utc(2024, 7, 1, 4), utc(2024, 8, 1, 4)),
        ("RU", "2024-07-01", "2024-07-31", utc(2024, 6, 30, 12), utc(2024, 7, 31, 12)),
        # Without an end, in the ways that systems write it.
        ("DE", "2024-03-01", "", utc(2024, 2, 29, 23), None),
        ("DE", "2024-03-01", "9999-12-31T23:59:59", utc(2024, 2, 29, 23), None),
    ],
)
def test_times_are_those_of_the_territory(
    movie: Content,
    tmp_path: Path,
    territory: str,
    start: str,
    end: str,
    starts_at: datetime,
    ends_at: datetime | None,
) -> None:
    imported(tmp_path, avail("a1", transaction("t1", territories=territory, start=start, end=end)))

    assert windows() == [(territory, "svod", starts_at, ends_at)]


def test_a_window_lasts_no_longer_than_its_duration(movie: Content, tmp_path: Path) -> None:
    said = "<avails:WindowDuration>P30D</avails:WindowDuration>"
    imported(tmp_path, avail("a1", transaction("t1", start="2024-03-01T00:00:00Z", end="", rest=said)))

    assert windows() == [("DE", "svod", utc(2024, 3, 1), utc(2024, 3, 31))]


@pytest.mark.parametrize("condition", ["Immediate", "Open"])
def test_a_start_without_a_date_is_always(movie: Content, tmp_path: Path, condition: str) -> None:
    said = transaction("t1", end="2024-06-30T22:00:00Z").replace(
        "<avails:Start>2024-01-01</avails:Start>",
        f"<avails:StartCondition>{condition}</avails:StartCondition>",
    )
    imported(tmp_path, avail("a1", said))

    assert windows() == [("DE", "svod", None, utc(2024, 6, 30, 22))]


def test_excluded_territories_leave_the_rest_of_the_world(movie: Content, tmp_path: Path) -> None:
    excluded = "<avails:TerritoryExcluded><md:country>{}</md:country></avails:TerritoryExcluded>"
    said = transaction("t1", territories="", rest=excluded.format("US") + excluded.format("CN"))
    imported(tmp_path, avail("a1", said))

    open_in = {window[0] for window in windows()}
    assert len(open_in) == 247
    assert not {"US", "CN"} & open_in and {"DE", "FR", "JP"} < open_in


@pytest.mark.parametrize(
    ("transaction_", "reason"),
    [
        (
            transaction("t", licence="POEST"),
            "LicenseType 'POEST' opens nothing here: "
            "AVOD, EST, FOD, FVOD, LIBRARY, PRE-RELEASE, PVOD, SVOD, TVOD, VOD do",
        ),
        (transaction("t", territories=""), "it names no territory"),
        (transaction("t", territories="XX"), "'XX' is no country of ISO 3166"),
        (
            transaction("t").replace("country>", "countryRegion>").replace(">DE<", ">US-CA<"),
            "windows are kept by country, not for a part of one like 'US-CA'",
        ),
        (
            transaction("t", end="").replace(">Open<", ">ESTStart<"),
            "EndCondition 'ESTStart' waits for something that the file does not date",
        ),
        (
            transaction("t", end="").replace("EndCondition>Open", 'EndCondition lag="P1D">Open'),
            "EndCondition 'Open' waits for something that the file does not date",
        ),
        (transaction("t", end="").replace("EndCondition", "Gone"), "it has neither End nor EndCondition"),
        (transaction("t", start="soon"), "'soon' is no date and time like '2019-05-17T00:00:00'"),
        (transaction("t", start="2024-02-30"), "'2024-02-30' is no date and time like '2019-05-17T00:00:00'"),
        (transaction("t", start="0001-01-01"), "the year 1 is none of a licence"),
        (transaction("t", start="9999-12-31"), "the year 9999 is none of a licence"),
        (transaction("t", start="2024-05-01", end="2024-04-01"), "it ends before it begins"),
        (
            transaction("t", rest="<avails:WindowDuration>P1M</avails:WindowDuration>"),
            "'P1M' is no duration of days, hours, minutes and seconds like 'PT1H37M'",
        ),
    ],
)
def test_a_transaction_that_cannot_be_a_window_is_refused_by_its_line_and_nothing_else_is_lost(
    movie: Content, tmp_path: Path, transaction_: str, reason: str
) -> None:
    good = transaction("good", territories="FR")
    counts, notes = imported(tmp_path, avail("a1", good, transaction_))

    assert counts == "2 rows: 0 new, 1 changed, 0 unchanged, 1 rejected"
    assert notes == [("4", "rejected", reason)]
    assert [window[0] for window in windows()] == ["FR"]


def test_one_window_for_the_formats_that_are_offered_side_by_side(movie: Content, tmp_path: Path) -> None:
    hd = transaction("hd", start="2024-01-01T00:00:00Z", end="2024-06-01T00:00:00Z", quality="HD")
    same = transaction("uhd", start="2024-01-01T00:00:00Z", end="2024-06-01T00:00:00Z", quality="UHD")
    longer = transaction("sd", start="2024-03-01T00:00:00Z", end="2024-12-01T00:00:00Z", quality="SD")
    _, notes = imported(tmp_path, avail("a1", hd, same, longer))

    assert notes == []
    assert windows() == [("DE", "svod", utc(2024, 1, 1), utc(2024, 12, 1))]


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_licence_that_overlaps_another_is_refused_and_names_it(
    movie: Content, tmp_path: Path, elsewhere: bool
) -> None:
    first = transaction("t1", start="2024-01-01T00:00:00Z", end="2024-06-01T00:00:00Z")
    late = transaction("t2", start="2024-05-01T00:00:00Z", end="2024-09-01T00:00:00Z")
    entries = (avail("a1", first), avail("a2", late)) if elsewhere else (avail("a1", first, late),)
    counts, notes = imported(tmp_path, *entries)

    line = "6" if elsewhere else "4"
    overlap = "DE svod 2024-05-01 00:00 – 2024-09-01 00:00 overlaps 2024-01-01 00:00 – 2024-06-01 00:00"
    assert notes == [(line, "rejected", f"{overlap} of transaction t1 of a1")]
    assert windows() == [("DE", "svod", utc(2024, 1, 1), utc(2024, 6, 1))]
    assert counts == "2 rows: 0 new, 1 changed, 0 unchanged, 1 rejected"


def test_windows_that_meet_and_those_of_other_licences_do_not_overlap(movie: Content, tmp_path: Path) -> None:
    entries = [
        transaction("t1", start="2024-01-01T00:00:00Z", end="2024-02-01T00:00:00Z"),
        transaction("t2", start="2024-02-01T00:00:00Z", end="2024-03-01T00:00:00Z"),
        transaction("t3", start="2024-01-15T00:00:00Z", end="2024-02-15T00:00:00Z", licence="EST"),
    ]

    assert imported(tmp_path, avail("a1", *entries))[1] == []
    assert len(windows()) == 3


def test_an_editors_window_is_not_touched_and_keeps_out_what_overlaps_it(
    movie: Content, tmp_path: Path
) -> None:
    theirs = AvailabilityWindow.objects.create(
        content=movie, territory="DE", starts_at=utc(2024, 3, 1), ends_at=utc(2024, 4, 1)
    )
    entries = [
        transaction("t1", start="2024-01-01T00:00:00Z", end="2024-06-01T00:00:00Z", territories="DE FR"),
    ]
    counts, notes = imported(tmp_path, avail("a1", *entries))

    assert counts == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected, 1 conflict"
    assert [(line, outcome) for line, outcome, _ in notes] == [("2", "conflict")]
    assert "DE svod, 2024-01-01 00:00 – 2024-06-01 00:00" in notes[0][2]
    assert AvailabilityWindow.objects.get(territory="DE").pk == theirs.pk
    assert [window[0] for window in windows()] == ["DE", "FR"]


def test_run_again_nothing_changes(movie: Content, tmp_path: Path) -> None:
    entries = (avail("a1", transaction("t1")), avail("a2", transaction("t2", territories="FR")))
    imported(tmp_path, *entries)
    once = whole_catalog()

    assert imported(tmp_path, *entries)[0] == "1 row: 0 new, 0 changed, 1 unchanged, 0 rejected"
    assert whole_catalog() == once


def test_a_changed_end_moves_that_window(movie: Content, tmp_path: Path) -> None:
    kept = transaction("t2", territories="FR", end="2024-09-01T00:00:00Z")
    imported(tmp_path, avail("a1", transaction("t1", end="2024-06-01T00:00:00Z"), kept))
    counts, notes = imported(tmp_path, avail("a1", transaction("t1", end="2024-08-01T00:00:00Z"), kept))

    assert (counts, notes) == ("1 row: 0 new, 1 changed, 0 unchanged, 0 rejected", [])
    assert [window[::3] for window in windows()] == [
        ("DE", utc(2024, 8, 1)),
        ("FR", utc(2024, 9, 1)),
    ]


def test_an_avail_that_is_deleted_takes_its_windows_along_and_no_others(
    movie: Content, tmp_path: Path
) -> None:
    imported(tmp_path, avail("a1", transaction("t1")), avail("a2", transaction("t2", territories="FR")))
    imported(tmp_path, avail("a1", transaction("t1"), entry="Full Delete"))

    assert [window[0] for window in windows()] == ["FR"]


def test_a_title_whose_last_licence_is_taken_back_is_closed_not_free_for_all(
    movie: Content, tmp_path: Path
) -> None:
    """Without any window a title is restricted by no licence: it would be open to the world."""
    imported(tmp_path, avail("a1", transaction("t1")))
    assert Content.objects.public().count() == 0  # its window is past
    imported(tmp_path, avail("a1", transaction("t1"), entry="Full Delete"))

    assert windows() == [CLOSED]
    assert Content.objects.public().count() == 0
    imported(tmp_path, avail("a1", transaction("t1", end="")))
    assert [window[0] for window in windows()] == ["DE"]
    assert Content.objects.public().count() == 1


def test_a_title_none_of_whose_transactions_opens_anything_is_closed(movie: Content, tmp_path: Path) -> None:
    imported(tmp_path, avail("a1", transaction("t1", licence="POEST")))

    assert windows() == [CLOSED]


def test_what_was_never_brought_cannot_be_taken_back(movie: Content, tmp_path: Path) -> None:
    gone, there = ContentFactory(), avail("a2", transaction("t2"))
    known(gone, "cid", "gone")
    taken = avail("a1", transaction("t1"), entry="Full Delete", title_eidr="", asset="gone")
    counts, notes = imported(tmp_path, taken, there)

    assert counts == "2 rows: 0 new, 1 changed, 0 unchanged, 1 rejected"
    assert notes == [("2", "rejected", "there is no avail of this ALID to take back")]
    assert {row.content_id for row in AvailabilityWindow.objects.all()} == {movie.content_id}


def test_updates_and_deletions_are_of_the_transactions_that_they_name(movie: Content, tmp_path: Path) -> None:
    one, two = transaction("t1"), transaction("t2", territories="FR")
    imported(tmp_path, avail("a1", one, two))
    imported(tmp_path, avail("a1", transaction("t2", territories="IT"), entry="Update"))
    assert [window[0] for window in windows()] == ["DE", "IT"]
    imported(tmp_path, avail("a1", transaction("t3", territories="ES"), entry="Update"))
    assert [window[0] for window in windows()] == ["DE", "ES", "IT"]
    imported(tmp_path, avail("a1", transaction("t1"), entry="Delete"))
    assert [window[0] for window in windows()] == ["ES", "IT"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (avail("", transaction("t")), "it has no ALID"),
        (
            avail("a", transaction("t"), entry="Maybe"),
            "EntryType 'Maybe' is none of Full Extract, Full Delete, Create, Update and Delete",
        ),
        (
            avail("a", transaction("t"), work="Collection"),
            "it is of a collection: the avails of its titles open them",
        ),
        (
            avail("a", transaction("t"), work="Album"),
            "WorkType 'Album' is not kept: that of a movie, short, series, season or episode is",
        ),
        (
            avail("a", transaction("t"), title_eidr="10.5240/9999-9999-9999-9999-9999-9"),
            "no title has one of cid:10.5240/9999-9999-9999-9999-9999-9, cid:a-asset, alid:a: "
            "import its MEC first",
        ),
    ],
)
def test_an_avail_that_is_of_no_title_is_rejected_by_line(
    movie: Content, tmp_path: Path, entry: str, reason: str
) -> None:
    counts, notes = imported(tmp_path, avail("good", transaction("t1")), entry)

    assert counts == "2 rows: 0 new, 1 changed, 0 unchanged, 1 rejected"
    assert notes == [("5", "rejected", reason)]
    assert len(windows()) == 1


def test_the_same_alid_twice_in_a_file_counts_once(movie: Content, tmp_path: Path) -> None:
    _, notes = imported(tmp_path, avail("a1", transaction("t1")), avail("a1", transaction("t2")))

    assert notes == [("5", "rejected", "the same id is on line 2 already")]


@pytest.mark.parametrize(
    ("scheme", "value", "said"),
    [
        ("eidr", EIDR, {"title_eidr": "urn:eidr:10.5240:1111-2222-3333-4444-5555-S"}),
        ("eidr", EIDR, {"title_eidr": "", "asset": "md:cid:eidr-s:1111-2222-3333-4444-5555-S"}),
        ("cid", "30434", {"title_eidr": "", "asset": "30434"}),
        ("alid", "md:alid:org:x:1", {"title_eidr": "", "alid": "md:alid:org:x:1"}),
        ("eidr", EIDR, {"title_eidr": "", "alid": "md:alid:eidr-s:1111-2222-3333-4444-5555-S"}),
        (
            "imdb",
            "tt0111161",
            {
                "title_eidr": "",
                "metadata": "<avails:AltIdentifier><md:Namespace>imdb</md:Namespace>"
                "<md:Identifier>tt0111161</md:Identifier></avails:AltIdentifier>",
            },
        ),
        (
            "eidr",
            EIDR,
            {"title_eidr": "", "metadata": f"<avails:EditEIDR-URN>{EIDR}</avails:EditEIDR-URN>"},
        ),
    ],
)
def test_a_title_is_found_by_any_id_that_an_avail_names(
    stores: None, tmp_path: Path, scheme: str, value: str, said: dict[str, str]
) -> None:
    title = known(ContentFactory(), scheme, value)
    imported(tmp_path, avail(said.pop("alid", "a1"), transaction("t1"), **said))

    assert AvailabilityWindow.objects.get().content_id == title.content_id
    assert ExternalIdClaim.objects.count() == 1  # an avail names a title; it has no say in what it is called


def test_parts_of_a_series_open_the_series_as_long_as_any_is_open(stores: None, tmp_path: Path) -> None:
    path = tmp_path / "mec.xml"
    path.write_text(
        mec(
            core(SERIES, work="Series"),
            season("md:cid:org:studio.example:s1", SERIES, 1),
            episode("md:cid:org:studio.example:e1", "md:cid:org:studio.example:s1", 1),
        )
    )
    run("import_mec", path)
    first = transaction("t1", start="2024-01-01T00:00:00Z", end="2024-06-01T00:00:00Z")
    second = transaction("t2", start="2024-03-01T00:00:00Z", end="2024-09-01T00:00:00Z")
    in_season = (
        "<avails:SeasonContentID>md:cid:org:studio.example:s1</avails:SeasonContentID><avails:SeriesMetadata>"
        f"<avails:SeriesContentID>{SERIES}</avails:SeriesContentID></avails:SeriesMetadata>"
    )
    counts, notes = imported(
        tmp_path,
        avail(
            "s1",
            first,
            work="Season",
            asset="md:cid:org:studio.example:s1",
            metadata=in_season,
            kind="SeasonMetadata",
        ),
        avail(
            "e1",
            second,
            work="Episode",
            asset="md:cid:org:studio.example:e1",
            kind="EpisodeMetadata",
            title_eidr="",
        ),
    )

    assert (counts, notes) == ("1 row: 0 new, 1 changed, 0 unchanged, 0 rejected", [])
    assert windows() == [("DE", "svod", utc(2024, 1, 1), utc(2024, 9, 1))]


def test_conditions_that_a_file_cannot_say_are_noted(movie: Content, tmp_path: Path) -> None:
    flagged = avail("a1", transaction("t1"), rest="<avails:ExceptionFlag>true</avails:ExceptionFlag>")
    counts, notes = imported(tmp_path, flagged)

    assert counts == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected, 1 mended"
    assert notes == [
        ("2", "mended", "line 2: ExceptionFlag: the licence has conditions that are not in the file")
    ]


def test_the_avails_are_kept_whole_with_the_title(movie: Content, tmp_path: Path) -> None:
    imported(tmp_path, avail("a1", transaction("t1")), avail("a2", transaction("t2", territories="FR")))

    source = Source.objects.get()
    assert (source.scheme, source.content_id) == ("avails", movie.content_id)
    assert [each["alid"] for each in source.record["avails"]] == ["a1", "a2"]
    assert source.record["avails"][0]["head"]["avails:Licensor"] == [{"md:DisplayName": [{"#": "Studio"}]}]
    assert source.record["avails"][0]["transactions"][0]["@TransactionID"] == "t1"


def test_a_record_keeps_how_its_title_was_named_by_what_was_taken_back(
    movie: Content, tmp_path: Path
) -> None:
    """By these names a merge that is undone tells whose that was."""
    known(movie, "cid", "other-name")
    entries = avail("a1", transaction("t1")), avail("a2", transaction("t2", territories="FR"))
    imported(tmp_path, *entries)
    assert "withdrawn" not in Source.objects.get().record
    gone = avail("a1", entry="Full Delete")

    for _ in range(2):
        imported(tmp_path, gone)
        imported(tmp_path, entries[0])
    imported(tmp_path, gone)
    renamed = avail("a2", transaction("t2", territories="FR"), title_eidr="", asset="other-name")
    imported(tmp_path, renamed)

    record = Source.objects.get().record
    assert [each["alid"] for each in record["avails"]] == ["a2"]
    assert record["withdrawn"] == [
        [["eidr", EIDR], ["cid", f"{alid}-asset"], ["alid", alid]] for alid in ("a1", "a2")
    ]
    assert imported(tmp_path, renamed)[0] == "1 row: 0 new, 0 changed, 1 unchanged, 0 rejected"


def test_a_dry_run_counts_and_writes_nothing(movie: Content, tmp_path: Path) -> None:
    counts, _ = imported(tmp_path, avail("a1", transaction("t1")), dry_run=True)

    assert counts == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"
    assert (windows(), Source.objects.count()) == ([], 0)


def test_a_file_of_which_every_row_is_rejected_says_why(stores: None, tmp_path: Path) -> None:
    """It was said that none could be read, though each was, and only the report had the reason."""
    why = r"was rejected, the first, line 2, because no title has one of eidr:10\.5240/1111.*: import its MEC first"

    with pytest.raises(CommandError, match=why):
        run(
            "import_avails", written(tmp_path, avail("a1", transaction("t1")), avail("a2", transaction("t2")))
        )


def test_an_update_without_transaction_ids_is_added_once(movie: Content, tmp_path: Path) -> None:
    """Each run added it again, and each second window was a conflict."""
    imported(tmp_path, avail("a1", transaction("t1")))
    update = avail("a1", transaction("", territories="FR"), transaction("", territories="IT"), entry="Update")

    first = imported(tmp_path, update)
    again = imported(tmp_path, update)

    assert first == ("1 row: 0 new, 1 changed, 0 unchanged, 0 rejected", [])
    assert again == ("1 row: 0 new, 0 changed, 1 unchanged, 0 rejected", [])
    assert [window[0] for window in windows()] == ["DE", "FR", "IT"]
    (dossier,) = Source.objects.values_list("record", flat=True)
    assert len(dossier["avails"][0]["transactions"]) == 3
